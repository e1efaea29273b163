"""JSON text for the few things that are not columns, without importing ``json``.

``json`` brings ``re`` and ``enum`` along: 4 of the 15 milliseconds that installing may take.
"""

try:
    from _json import encode_basestring_ascii
except ImportError:  # pragma: no cover - CPython without its C accelerator
    from json.encoder import encode_basestring_ascii

_CONSTANTS = {None: "null", True: "true", False: "false"}


def quote(value):
    """A JSON string for any text, lone surrogates included: those are shown, not sent."""
    if not value.isascii():
        value = value.encode("utf-8", "backslashreplace").decode("utf-8")
    return encode_basestring_ascii(value)


def dumps(value):
    """The JSON text of plain values: exactly dict, list, tuple, str, int, float, bool, None."""
    kind = type(value)
    if kind is dict:
        return "{" + ",".join([f"{quote(key)}:{dumps(item)}" for key, item in value.items()]) + "}"
    if kind is list or kind is tuple:
        return "[" + ",".join(map(dumps, value)) + "]"
    if kind is str:
        return quote(value)
    if value is None or kind is bool:
        return _CONSTANTS[value]
    return repr(value)
