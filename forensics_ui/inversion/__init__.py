"""The built-in inverter: a picture rebuilt by a small generator, so that its up-sampling traces can be laid beside the original."""
