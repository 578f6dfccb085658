"""Makes a C file out of text files, so that the program carries them with it.

    embed.py OUTPUT.c PREFIX FILE...

FILE docs.html becomes `const char PREFIX_docs_html[]` with its length in PREFIX_docs_html_bytes.
"""

import re
import sys
from pathlib import Path

LINE_BYTES = 24


def numbers(data: bytes) -> str:
    """The bytes as numbers: a literal this long would be more than C promises to take."""
    lines = (data[i : i + LINE_BYTES] for i in range(0, len(data), LINE_BYTES))
    return "\n".join(
        "    " + ",".join(str(b - 256 if b > 127 else b) for b in line) + "," for line in lines
    )


def main(output: str, prefix: str, *files: str) -> None:
    parts = ["#include <stddef.h>\n"]
    for name in files:
        data = Path(name).read_bytes()
        symbol = f"{prefix}_{re.sub(r'[^a-z0-9]', '_', Path(name).name.lower())}"
        parts.append(
            f"extern const char {symbol}[];\n"
            f"extern const size_t {symbol}_bytes;\n"
            f"const char {symbol}[] = {{\n{numbers(data)}\n    0}};\n"
            f"const size_t {symbol}_bytes = {len(data)};\n"
        )
    Path(output).write_text("\n".join(parts))


main(*sys.argv[1:])
