"""Why a file is not opened, in words."""

from __future__ import annotations

from forensics_ui.words.templates import Sentence, Values, always, template


def _unreadable(values: Values) -> str:
    return f"The file cannot be read ({values['problem'] or 'its name is not a file name'})."


def _too_many_pixels(values: Values) -> str:
    return f"It has {values['pixels'] / 1e6:,.3f} million pixels; the limit is {values['limit'] / 1e6:,g} million."


SENTENCES: dict[str, Sentence] = {
    "not_a_regular_file": template("This is {what}, not a picture file."),
    "empty_file": always("The file is empty."),
    "file_too_long": template("The file has {bytes:,} bytes; the limit is {limit:,}."),
    "changed_while_read": always("The file changed while it was being read."),
    "no_such_file": always("There is no such file."),
    "not_permitted": always("This file may not be read by the user who runs this program."),
    "unreadable": _unreadable,
    "unknown_format": template("It appears to be {what}. The pictures that can be opened are {accepted}."),
    "ended_decoder_before": template("This file ended the decoder {times} times; it is not tried again."),
    "decoder_ended": always("The decoder process ended while it was reading this file. Nothing else is affected."),
    "decoder_too_slow": template("The decoder did not finish within {seconds:g} seconds."),
    "decoder_cannot_start": always("The decoder process cannot be started on this machine."),
    "intake_closed": always("The intake is closed."),
    "intake_closed_meanwhile": always("The intake was closed while this file was being opened."),
    "no_size": template("It says that it is {width} x {height} pixels large, which is no picture."),
    "side_too_long": template("It is {width} x {height} pixels large; the limit is {limit:,} pixels a side."),
    "too_many_pixels": _too_many_pixels,
    "ends_early": always("The file ends before its picture does. It can be opened as partial, without a verdict."),
    "no_whole_rows": template("The file ends before its picture does, and {format} keeps no whole rows that could be shown without the rest."),
    "ends_before_rows": always("The file ends, or breaks, before a single row of its picture."),
    "ends_in_first_row": always("The file ends, or breaks, before the first complete row of its picture."),
    "decoder_memory": always("Decoding it takes more memory than a picture is given here."),
    "header_unreadable": template("It begins like {format}, but its header cannot be read."),
    "unknown_variant": template("It is {format}, in a variant that the decoder does not know ({problem})."),
    "decoder_gave_up": template("The {format} decoder gave up on it ({problem})."),
    "unknown_colours": template("Its pixels are stored in a colour space ({mode}) for which there is no conversion to RGB here."),
}
