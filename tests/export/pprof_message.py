"""pprof's message for the protobuf package, from the field numbers of google/pprof's profile.proto."""

from __future__ import annotations

import pytest

pytest.importorskip("google.protobuf", reason="protobuf is not installed: nothing reads pprof")

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

NUMBER, TEXT, MESSAGE = 3, 9, 11
ONE, MANY = 1, 3
MESSAGES = {
    "ValueType": [("type", 1, ONE, NUMBER), ("unit", 2, ONE, NUMBER)],
    "Sample": [("location_id", 1, MANY, 4), ("value", 2, MANY, NUMBER)],
    "Line": [("function_id", 1, ONE, 4), ("line", 2, ONE, NUMBER)],
    "Location": [("id", 1, ONE, 4), ("line", 4, MANY, "Line")],
    "Function": [("id", 1, ONE, 4), ("name", 2, ONE, NUMBER), ("system_name", 3, ONE, NUMBER)],
    "Profile": [
        ("sample_type", 1, MANY, "ValueType"),
        ("sample", 2, MANY, "Sample"),
        ("location", 4, MANY, "Location"),
        ("function", 5, MANY, "Function"),
        ("string_table", 6, MANY, TEXT),
        ("time_nanos", 9, ONE, NUMBER),
        ("comment", 13, MANY, NUMBER),
        ("default_sample_type", 14, ONE, NUMBER),
    ],
}


def _make_class():
    file = descriptor_pb2.FileDescriptorProto(name="profile.proto", syntax="proto3", package="p")
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, number, label, kind in fields:
            made = message.field.add(name=field, number=number, label=label)
            if isinstance(kind, str):
                made.type, made.type_name = MESSAGE, f".p.{kind}"
            else:
                made.type = kind
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("p.Profile"))


Profile = _make_class()
