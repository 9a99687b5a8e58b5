"""One class per way things go wrong. Every one carries why, as data that `words` puts into a sentence a person can act on.

The sentence (`words.sentence_of`) never contains a path of the machine; the `code` is stable and is what reports,
the command line and tests rely on.
"""

from __future__ import annotations

from forensics_ui.core.reasons import SAID, Reason, said


class ForensicsError(Exception):
    """Something went wrong in a way that can be told to a person."""

    code = "error"

    def __init__(self, why: Reason | str) -> None:
        super().__init__(why)
        self.why = said(why, "cause") if isinstance(why, str) else why

    def __str__(self) -> str:
        # For logs: sentences are made at the edge, which knows the catalogue.
        return str(self.why.values["words"]) if self.why.code == SAID else f"{self.why.code} {dict(self.why.values)}"


class BadImage(ForensicsError):
    """The file cannot be used as evidence of anything: what it is and why is in the message."""

    code = "bad_image"
    # Of the bytes that were refused; None where they could not be read.
    sha256: str | None = None


class UnsupportedFormat(BadImage):
    """Not one of the formats that the intake decodes."""

    code = "unsupported_format"


class TruncatedImage(BadImage):
    """The file ends before its picture does; it can be opened as partial, without a verdict."""

    code = "truncated"


class TooLarge(BadImage):
    """Over one of the limits: bytes, pixels or pixels a side."""

    code = "too_large"


class DecodeTimeout(BadImage):
    """The decoder did not finish in the time it is given."""

    code = "decode_timeout"


class DecodeMemory(BadImage):
    """The decoder asked for more memory than it is given."""

    code = "decode_memory"


class DecoderDied(BadImage):
    """The decoder process ended by itself, as hostile files can make it do. Nothing else is affected."""

    code = "decoder_died"


class NotApplicable(ForensicsError):
    """This detector cannot say anything about this picture; the reason is a fact about the picture."""

    code = "not_applicable"


class WeightsError(ForensicsError):
    """The weights cannot be used."""

    code = "weights"


class WeightsMissing(WeightsError):
    """The weights are known but not on this machine."""

    code = "weights_missing"


class WeightsMismatch(WeightsError):
    """The weights are not the bytes, or not the network, that they are said to be."""

    code = "weights_mismatch"


class Busy(ForensicsError):
    """The queue is full; try again in a moment."""

    code = "busy"


class Cancelled(ForensicsError):
    """Somebody asked for this to stop."""

    code = "cancelled"


class OutOfMemory(ForensicsError):
    """Even the smallest piece of work does not fit into the memory of the device."""

    code = "out_of_memory"
