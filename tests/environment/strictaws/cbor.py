"""The part of CBOR (RFC 8949) that the rpc-v2-cbor protocol uses."""

import struct
from datetime import UTC, datetime


def _head(major, number):
    if number < 24:
        return bytes([major << 5 | number])
    for size, (code, form) in {1: (24, ">B"), 2: (25, ">H"), 4: (26, ">I"), 8: (27, ">Q")}.items():
        if number < 1 << 8 * size:
            return bytes([major << 5 | code]) + struct.pack(form, number)
    raise ValueError("integer too large")


def encode(value):
    """Encode plain Python values; an aware datetime becomes an epoch tag."""
    if value is None:
        return b"\xf6"
    if value is True or value is False:
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, float):
        return b"\xfb" + struct.pack(">d", value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            value = value.replace(tzinfo=UTC)
        return _head(6, 1) + encode(value.timestamp())
    if isinstance(value, bytes):
        return _head(2, len(value)) + value
    if isinstance(value, str):
        data = value.encode()
        return _head(3, len(data)) + data
    if isinstance(value, (list, tuple)):
        return _head(4, len(value)) + b"".join(encode(item) for item in value)
    if isinstance(value, dict):
        pairs = b"".join(encode(str(key)) + encode(item) for key, item in value.items())
        return _head(5, len(value)) + pairs
    raise TypeError(f"cannot encode {type(value).__name__}")


def decode(data):
    """Decode one value. Epoch tags become plain numbers."""
    return _Reader(data).value()


class _Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        part = self.data[self.at : self.at + count]
        if len(part) < count:
            raise ValueError("CBOR breaks off")
        self.at += count
        return part

    def value(self):
        first = self.take(1)[0]
        major, info = first >> 5, first & 31
        if major == 7:
            return self.simple(info)
        if info == 31:
            return self.indefinite(major)
        number = info if info < 24 else int.from_bytes(self.take(1 << info - 24), "big")
        if major == 0:
            return number
        if major == 1:
            return -1 - number
        if major == 2:
            return self.take(number)
        if major == 3:
            return self.take(number).decode()
        if major == 4:
            return [self.value() for _ in range(number)]
        if major == 5:
            return {self.value(): self.value() for _ in range(number)}
        return self.value()  # a tag: only epoch times occur

    def simple(self, info):
        if info in (20, 21):
            return info == 21
        if info in (22, 23):
            return None
        form = {25: ">e", 26: ">f", 27: ">d"}[info]
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def ended(self):
        if self.data[self.at : self.at + 1] == b"\xff":
            self.at += 1
            return True
        return False

    def indefinite(self, major):
        if major in (2, 3):
            parts = []
            while not self.ended():
                parts.append(self.value())
            return (b"" if major == 2 else "").join(parts)
        if major == 4:
            items = []
            while not self.ended():
                items.append(self.value())
            return items
        pairs = {}
        while not self.ended():
            key = self.value()
            pairs[key] = self.value()
        return pairs
