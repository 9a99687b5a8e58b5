"""The decoder process: reads requests from its standard input, answers with pixels and facts, knows nothing else.

Started as `python -m forensics_ui.imaging.worker MEMORY_BYTES`. It limits itself before it sees the first byte.
"""

from __future__ import annotations

import os
import sys
from typing import Any, BinaryIO

from forensics_ui.imaging import isolation, protocol


def take_stdio() -> tuple[BinaryIO, BinaryIO]:
    """Keep the pipes to ourselves: whatever a C library prints goes to standard error, not into the answers."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    return requests, answers


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer until the app closes the pipe."""
    from forensics_ui.core.settings import Limits
    from forensics_ui.imaging.decode import explain

    while True:
        try:
            request, data = receive_request(requests)
        except EOFError:
            return
        try:
            answer(answers, request, data)
        except BrokenPipeError:
            return
        except Exception as error:
            send_error(answers, explain(error, request["kind"], Limits(**request["limits"])))
        del data


def receive_request(requests: BinaryIO) -> tuple[dict[str, Any], bytes]:
    """The request and the bytes of the file."""
    _, length = protocol.receive_header(requests)
    request = protocol.receive_json(requests, length)
    _, length = protocol.receive_header(requests)
    data = requests.read(length)
    if len(data) != length:
        raise EOFError
    return request, data


def answer(answers: BinaryIO, request: dict[str, Any], data: bytes) -> None:
    """Decode one file: size, pixels, facts, provenance, in this order, or an error instead of any of them."""
    from forensics_ui.core.errors import BadImage
    from forensics_ui.core.settings import Limits
    from forensics_ui.imaging import decode, facts, modes
    from forensics_ui.imaging.facts import provenance, structure

    limits = Limits(**request["limits"])
    try:
        shape = structure.walk(data, request["kind"])
        image, complete = decode.load(data, request["kind"], limits, partial=request["partial"], ends_early=shape.ends_early)
        conversion = modes.conversion(image, shape.bits)
    except BadImage as error:
        send_error(answers, error)
        return
    protocol.send_json(answers, protocol.SIZE, {"width": image.width, "height": image.height, "complete": complete})
    for strip in modes.strips(image):
        protocol.send(answers, protocol.PIXELS, conversion.strip(strip))
    alpha, dropped = modes.alpha_fact(image)
    found = facts.gather(image, data, request, shape)
    found |= {
        "alpha": alpha,
        "conversion": [*conversion.sentences, *dropped, *decode.partial_sentences(complete, image.height)],
    }
    protocol.send_json(answers, protocol.FACTS, found)
    del image
    protocol.send_json(answers, protocol.PROVENANCE, provenance.read(data, request["kind"], limits.text_bytes))


def send_error(answers: BinaryIO, error: Any) -> None:
    """Say why there is no picture: which error, and its reason as data."""
    protocol.send_json(answers, protocol.ERROR, {"code": error.code, "why": error.why.as_dict()})


def main() -> None:
    """Take the pipes, give up rights, load the decoders, serve."""
    requests, answers = take_stdio()
    alone = isolation.leave_network()
    from forensics_ui.imaging import decode, facts, modes  # noqa: F401 - now, so that no picture pays for it

    report = {"can_use_network": not alone, **isolation.apply_limits(int(sys.argv[1]))}
    protocol.send_json(answers, protocol.READY, report)
    serve(requests, answers)
    # Threads that a codec may have left behind must not keep the process alive.
    os._exit(0)


if __name__ == "__main__":
    main()
