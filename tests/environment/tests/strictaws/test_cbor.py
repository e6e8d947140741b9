from datetime import UTC, datetime

import pytest

from strictaws import cbor

VALUES = [
    None,
    True,
    False,
    0,
    23,
    24,
    256,
    65_536,
    1 << 32,
    -1,
    -300,
    1.5,
    "",
    "täxt",
    b"\x00\xff",
    [],
    [1, [2]],
    {},
    {"a": {"b": [None]}},
]


@pytest.mark.parametrize("value", VALUES)
def test_values_come_back(value):
    assert cbor.decode(cbor.encode(value)) == value


@pytest.mark.parametrize(
    ("data", "value"),
    [
        # RFC 8949, appendix A.
        (b"\x18\x64", 100),
        (b"\x3b\xff\xff\xff\xff\xff\xff\xff\xff", -18446744073709551616),
        (b"\xf9\x3c\x00", 1.0),
        (b"\xfa\x47\xc3\x50\x00", 100000.0),
        (b"\xc1\x1a\x51\x4b\x67\xb0", 1363896240),
        (b"\x9f\x01\x82\x02\x03\x9f\x04\x05\xff\xff", [1, [2, 3], [4, 5]]),
        (b"\xbf\x61\x61\x01\x61\x62\x9f\x02\x03\xff\xff", {"a": 1, "b": [2, 3]}),
        (b"\x7f\x65strea\x64ming\xff", "streaming"),
        (b"\x5f\x42\x01\x02\x43\x03\x04\x05\xff", b"\x01\x02\x03\x04\x05"),
    ],
)
def test_examples_of_the_standard(data, value):
    assert cbor.decode(data) == value


def test_time_is_an_epoch_tag():
    encoded = cbor.encode(datetime(2013, 3, 21, 20, 4, tzinfo=UTC))
    assert encoded[0] == 0xC1
    assert cbor.decode(encoded) == 1363896240


def test_broken_data_is_an_error():
    with pytest.raises(ValueError, match="breaks off"):
        cbor.decode(b"\x64abc")
