import pytest

from tracknet_core.config.byte_size import in_gib, parse_bytes


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("4096", 4096),
        ("4096 B", 4096),
        ("1k", 1024),
        ("8GiB", 8 * 2**30),
        ("8 gib", 8 * 2**30),
        ("8G", 8 * 2**30),
        ("8GB", 8 * 10**9),
        ("1.5 TiB", 3 * 2**39),
        ("0", 0),
    ],
)
def test_what_people_write(text: str, size: int) -> None:
    assert parse_bytes(text) == size


@pytest.mark.parametrize("text", ["", "GiB", "8 XiB", "-1", "1e9", "8,5G", "nan"])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="Write one such as 50GiB"):
        parse_bytes(text)


def test_for_a_person() -> None:
    assert in_gib(8.25 * 2**30) == "8.2 GiB"
    assert in_gib(5 * 2**20) == "5.0 MiB"
