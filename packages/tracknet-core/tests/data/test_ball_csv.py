"""CSV files of anybody are read exactly, or refused with the line that is wrong."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracknet_core.config.problems import UserError
from tracknet_core.data.ball_csv import read_ball_csv, write_ball_csv


@pytest.fixture
def read(tmp_path):
    def read(text, name="rally_ball.csv"):
        file = tmp_path / name
        file.write_text(text)
        return read_ball_csv(file)

    return read


def test_predictions_as_tracknetv3_writes_them(read):
    table = read("Frame,Visibility,X,Y\n0,1,10,20\n1,0,0,0\n2,1,12.5,21\n")
    np.testing.assert_array_equal(table.visibility, [1, 0, 1])
    np.testing.assert_array_equal(table.xy, [(10, 20), (np.nan, np.nan), (12.5, 21)])
    assert table.score is None


def test_predictions_as_tracknet_writes_them(read):
    table = read(
        "Frame,Visibility,X,Y,Score,Source,Time\n"
        "0,1,10.5,20.25,0.875,detected,0.0\n"
        "1,1,11,20,,interpolated,0.033\n"
        "2,0,,,,,0.067\n"
    )
    np.testing.assert_array_equal(table.xy, [(10.5, 20.25), (11, 20), (np.nan, np.nan)])
    np.testing.assert_array_equal(table.score, [0.875, 0.0, np.nan])


def test_frames_left_out_and_out_of_order(read):
    table = read("Frame,Visibility,X,Y\n3,1,13,20\n0,1,10,20\n")
    np.testing.assert_array_equal(table.visibility, [1, 0, 0, 1])
    np.testing.assert_array_equal(table.xy[[0, 3]], [(10, 20), (13, 20)])


def test_labels_of_the_tennis_data_set(read):
    text = "file name,visibility,x-coordinate,y-coordinate,status\n10.jpg,3,,,\n9.jpg,2,5,6,0\n8.jpg,0,,,\n"
    table = read(text, "Label.csv")
    np.testing.assert_array_equal(table.visibility, [0, 2, 3])
    np.testing.assert_array_equal(table.xy[1], (5, 6))
    assert np.isnan(table.xy[[0, 2]]).all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Frame,X,Y\n0,1,2\n", r":1: has columns frame, x, y. Needed are Frame,Visibility,X,Y"),
        ("", ":1: has columns none"),
        ("Frame,Visibility,X,Y\n", "has no rows"),
        ("Frame,Visibility,X,Y\n0,1,ten,2\n", ":2: x is 'ten', not a number"),
        ("Frame,Visibility,X,Y\n0,1,1_0,2\n", ":2: x is '1_0', not a number"),
        ("Frame,Visibility,X,Y\n0,1,,\n", ":2: visibility is 1, but a coordinate is missing. Write both"),
        ("Frame,Visibility,X,Y\n0,3,5,\n", ":2: visibility is 3, but a coordinate is missing"),
        ("Frame,Visibility,X,Y\n0,1,nan,2\n", ":2: x is 'nan', not a number"),
        ("Frame,Visibility,X,Y\n-1,1,1,2\n", ":2: frame is '-1'. Frames count 0, 1, 2"),
        ("Frame,Visibility,X,Y\n0,7,1,2\n", ":2: visibility is 7"),
        ("Frame,Visibility,X,Y\n4,1,1,2\n4,1,1,2\n", ":3: frame 4 was already in line 2"),
        (
            "file name,visibility,x-coordinate,y-coordinate\n1.jpg,0,,\n1.jpg,0,,\n",
            ":3: 1.jpg is in two rows",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_line(read, text, message):
    with pytest.raises(UserError, match=message):
        read(text)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match=r"none\.csv: cannot be read"):
        read_ball_csv(tmp_path / "none.csv")


def test_lines_are_known_and_those_left_out_are_zero(read):
    table = read("Frame,Visibility,X,Y\n3,1,13,20\n\n0,1,10,20\n")
    np.testing.assert_array_equal(table.line, [4, 0, 0, 2])


def test_diameters_are_read_where_there_are_any(read):
    table = read("Frame,Visibility,X,Y,Diameter\n0,1,10,20,4.5\n1,1,10,20,\n2,0,,,9\n")
    np.testing.assert_array_equal(table.diameter, [4.5, np.nan, np.nan])
    assert read("Frame,Visibility,X,Y,Diameter\n0,1,10,20,\n").diameter is None


number = st.floats(-1e4, 1e4, allow_subnormal=False)
NOWHERE = (np.nan, np.nan, np.nan)
rows = st.lists(
    st.one_of(
        st.sampled_from([(0, NOWHERE), (3, NOWHERE)]),
        st.tuples(st.integers(1, 3), st.tuples(number, number, st.floats(0.1, 99) | st.just(np.nan))),
    ),
    min_size=1,
    max_size=10,
)


@given(rows=rows, start=st.integers(0, 9), absent=st.sampled_from(["", "0"]))
def test_what_is_written_reads_back_bit_by_bit(tmp_path_factory, rows, start, absent):
    file = tmp_path_factory.mktemp("csv") / "rally_ball.csv"
    visibility = np.array([seen for seen, _ in rows], np.uint8)
    xy, diameter = np.split(np.array([values for _, values in rows]), [2], axis=1)
    write_ball_csv(file, start=start, visibility=visibility, xy=xy, diameter=diameter[:, 0], absent=absent)
    table = read_ball_csv(file)
    np.testing.assert_array_equal(table.visibility[start:], visibility)
    np.testing.assert_array_equal(table.xy[start:], xy)
    read = np.full(len(rows), np.nan) if table.diameter is None else table.diameter[start:]
    np.testing.assert_array_equal(read, diameter[:, 0])
    assert not table.line[:start].any()
