"""Whatever the source: every frame once, in order, upright, with its number and exact time."""

import gc
import socket
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

import av
import cv2
import numpy as np
import pytest

from tracknet_core.config.problems import UserError
from tracknet_core.data.video.container import Reading, decode
from tracknet_core.inference.frames import Frame, SourceError
from tracknet_core.inference.sources import open_source

UNEVEN = (0.0, 0.04, 0.1, 0.13, 0.2, 0.21, 0.3, 0.5, 0.55, 0.6, 0.7, 0.71)


def frames_until_broken(file: Path) -> tuple[list[Frame], str]:
    frames: list[Frame] = []
    try:
        for frame in open_source(file):
            frames.append(frame)  # noqa: PERF402 - what came before the error is kept
    except SourceError as error:
        return frames, str(error)
    raise AssertionError("the source did not break")


class TestVideo:
    def test_every_frame_comes_once_with_its_number(self, film: Any) -> None:
        source = open_source(film())
        frames = list(source)
        assert [frame.index for frame in frames] == list(range(20))
        assert film.numbers(frames) == list(range(20))
        assert (source.size, source.fps, source.length, source.live) == ((64, 48), 30.0, 20, False)

    def test_times_are_the_containers_timestamps_at_a_variable_rate(self, film: Any) -> None:
        frames = list(open_source(film(times=UNEVEN)))
        assert [frame.time for frame in frames] == pytest.approx(UNEVEN, abs=1e-9)

    @pytest.mark.parametrize("suffix", ["mkv", "mov", "ts", "avi"])
    def test_any_container(self, film: Any, suffix: str) -> None:
        frames = list(open_source(film(f"clip.{suffix}", b_frames=2)))
        assert film.numbers(frames) == list(range(20))
        assert (np.diff([frame.time for frame in frames]) > 0).all()

    @pytest.mark.parametrize(
        ("rotation", "corner"), [(0, (0, 0)), (90, (-1, 0)), (180, (-1, -1)), (-90, (0, -1))]
    )
    def test_rotated_video_stands_upright(self, film: Any, rotation: int, corner: tuple[int, int]) -> None:
        source = open_source(film(rotation=rotation))
        image = next(iter(source)).image
        assert source.size == ((48, 64) if rotation % 180 else (64, 48))
        assert image.shape[:2] == source.size[::-1]
        assert image[corner][0] > 200, f"red is not in corner {corner}"

    def test_odd_sizes(self, film: Any) -> None:
        source = open_source(film(size=(63, 47)))
        assert source.size == (63, 47)
        assert next(iter(source)).image.shape == (47, 63, 3)

    def test_no_frame_outlives_its_turn(self, film: Any) -> None:
        gc.collect()
        gc.disable()
        try:
            for _ in open_source(film(times=[i / 30 for i in range(100)], rotation=90)):
                pass
            alive = sum(type(each) is av.VideoFrame for each in gc.get_objects())
        finally:
            gc.enable()
        assert alive <= 5

    def test_a_source_can_be_read_again(self, film: Any) -> None:
        source = open_source(film())
        assert len(list(source)) == len(list(source)) == 20


class TestFormats:
    """Whatever cameras and broadcasters write; frames are shown as a player shows them."""

    def write(
        self, file: Path, codec: str, pixels: str, *, size: tuple[int, int] = (64, 48), **options: str
    ) -> Path:
        with av.open(str(file), "w") as container:
            stream = container.add_stream(codec, rate=25, options=options)
            stream.width, stream.height, stream.pix_fmt = *size, pixels
            for number in range(10):
                image = np.full((size[1], size[0], 3), 20 * number, np.uint8)
                frame = av.VideoFrame.from_ndarray(image, "rgb24").reformat(format=pixels)
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        return file

    @pytest.mark.parametrize(
        ("codec", "pixels"),
        [
            ("libx264", "yuv420p10le"),
            ("libx265", "yuv420p10le"),
            ("libx264", "gray"),
            ("ffv1", "gray16le"),
            ("mjpeg", "yuvj420p"),
            ("libvpx-vp9", "yuv420p"),
            ("prores_ks", "yuv422p10le"),
        ],
    )
    def test_any_depth_and_colour(self, tmp_path: Path, codec: str, pixels: str) -> None:
        if codec not in av.codecs_available:
            pytest.skip(f"this FFmpeg has no {codec}")
        more = {"x265-params": "log-level=none"} if codec == "libx265" else {}
        frames = list(open_source(self.write(tmp_path / "clip.mkv", codec, pixels, **more)))
        assert [frame.index for frame in frames] == list(range(10))
        for frame in frames:
            assert frame.image is not None
            assert frame.image.dtype == np.uint8
            range_unknown = 20 if pixels == "gray" else 0
            assert np.abs(frame.image.astype(int) - 20 * frame.index).max() <= 6 + range_unknown

    def test_interlaced_video_gives_whole_frames(self, tmp_path: Path) -> None:
        options = {"flags": "+ildct+ilme", "x264-params": "tff=1"}
        file = self.write(tmp_path / "clip.ts", "libx264", "yuv420p", **options)
        with av.open(str(file)) as container:
            assert next(container.decode(video=0)).interlaced_frame
        frames = list(open_source(file))
        assert [frame.index for frame in frames] == list(range(10))
        assert all(frame.image is not None and frame.image.shape == (48, 64, 3) for frame in frames)

    @pytest.mark.parametrize("size", [(853, 479), (3840, 2160), (33, 17)])
    def test_any_size(self, film: Any, size: tuple[int, int]) -> None:
        source = open_source(film(size=size, times=(0.0, 0.04)))
        assert source.size == size
        assert [frame.image.shape for frame in source if frame.image is not None] == [(*size[::-1], 3)] * 2

    def test_open_groups_of_pictures(self, tmp_path: Path) -> None:
        options = {"x264-params": "open-gop=1:keyint=4:min-keyint=4:bframes=2:scenecut=0"}
        file = self.write(tmp_path / "clip.mkv", "libx264", "yuv420p", **options)
        everything = list(open_source(file))
        assert [frame.index for frame in everything] == list(range(10))
        for start in (0.1, 0.2, 0.28):
            found = list(open_source(file, start=start))
            assert [frame.index for frame in found] == [f.index for f in everything if f.time >= start]

    def test_a_first_timestamp_that_is_not_zero_is_told_as_it_stands(self, film: Any) -> None:
        file = film("clip.mkv", times=[5 + time for time in UNEVEN])
        assert [frame.time for frame in open_source(file)] == pytest.approx([5 + time for time in UNEVEN])
        begun = open_source(file, start=0.2)  # as players count
        assert next(iter(begun)).time == pytest.approx(5.2)

    def test_a_change_of_size_in_the_middle_ends_the_source_there(self, tmp_path: Path) -> None:
        small = self.write(tmp_path / "small.ts", "libx264", "yuv420p").read_bytes()
        large = self.write(tmp_path / "large.ts", "libx264", "yuv420p", size=(128, 96)).read_bytes()
        file = tmp_path / "both.ts"
        file.write_bytes(small + large)
        frames, message = frames_until_broken(file)
        assert [frame.index for frame in frames] == list(range(10))
        assert "frames change from 64×48 to 128×96" in message

    def test_a_stream_over_the_network(self, film: Any) -> None:
        content = film("clip.ts").read_bytes()
        with socket.create_server(("127.0.0.1", 0)) as server:

            def serve() -> None:
                for _ in range(2):  # it is opened to see what it is, and again to be read
                    with server.accept()[0] as client, suppress(OSError):
                        client.sendall(content)

            thread = Thread(target=serve, daemon=True)
            thread.start()
            source = open_source(f"tcp://127.0.0.1:{server.getsockname()[1]}")
            frames = list(source)
            thread.join()
        assert source.live
        assert film.numbers(frames) == list(range(20))


class TestSpan:
    @pytest.mark.parametrize("b_frames", [0, 3])
    @pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
    @pytest.mark.parametrize("start", [0.0, 0.1, 0.21, 0.5, 0.7])
    def test_begins_at_exactly_the_first_frame_at_or_after_start(
        self, film: Any, suffix: str, start: float, b_frames: int
    ) -> None:
        file = film(f"clip.{suffix}", times=UNEVEN, b_frames=b_frames)
        everything = list(open_source(file))
        begin = everything[0].time
        expected = [frame for frame in everything if frame.time - begin >= start - 1e-6]
        found = list(open_source(file, start=start - 1e-6 if start else 0.0))
        assert [(frame.index, frame.time) for frame in found] == [(f.index, f.time) for f in expected]
        assert film.numbers(found) == film.numbers(expected)

    def test_ends_before_end(self, film: Any) -> None:
        source = open_source(film(times=UNEVEN), start=0.1, end=0.3)
        assert [frame.index for frame in source] == [2, 3, 4, 5]

    def test_a_start_far_into_a_video_decodes_only_from_the_keyframe_before(
        self, film: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = film(times=[i / 30 for i in range(300)], keyframe_every=10)
        source = open_source(file, start=9.5)
        seen: list[int] = []
        original = type(source)._numbered

        def counting(self, *arguments, **options):  # type: ignore[no-untyped-def]
            for item in original(self, *arguments, **options):
                seen.append(1)
                yield item

        monkeypatch.setattr(type(source), "_numbered", counting)
        assert [frame.index for frame in source] == list(range(285, 300))
        assert len(seen) <= 20

    @pytest.mark.parametrize(
        ("start", "end", "message"),
        [
            (99.0, None, "lies after the end"),
            (0.5, 0.5, "does not lie after"),
            (None, float("nan"), "does not lie after"),
            (float("nan"), None, "--start nan: is no time"),
            (-1.0, None, "before the beginning"),
        ],
    )
    def test_an_empty_span_is_refused(
        self, film: Any, start: float | None, end: float | None, message: str
    ) -> None:
        with pytest.raises(UserError, match=message):
            open_source(film(), start=start, end=end)


class TestDamage:
    def test_a_cut_off_file_gives_what_decodes_and_says_so(self, film: Any) -> None:
        file = film(times=[i / 30 for i in range(60)])
        file.write_bytes(file.read_bytes()[: file.stat().st_size * 6 // 10])
        frames, message = frames_until_broken(file)
        assert 10 < len(frames) < 60
        assert film.numbers(frames) == [number % 25 for number in range(len(frames))]
        assert "ends early" in message
        assert str(file) in message

    def test_a_file_that_lacks_only_its_last_frames_is_cut_off_too(self, film: Any) -> None:
        file = film(times=[i / 30 for i in range(60)])
        file.write_bytes(file.read_bytes()[: file.stat().st_size * 98 // 100])
        frames, message = frames_until_broken(file)
        assert 55 < len(frames) < 60
        assert "ends early" in message

    @pytest.mark.parametrize("suffix", ["mp4", "ts", "mkv"])
    @pytest.mark.parametrize("share", [0.35, 0.6, 0.9])
    def test_several_threads_lose_nothing_that_one_decodes(
        self, film: Any, suffix: str, share: float
    ) -> None:
        file = film(f"clip.{suffix}", times=[i / 30 for i in range(60)], b_frames=2)
        file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])
        with av.open(str(file)) as container:
            stream = container.streams.video[0]
            stream.thread_type = "NONE"
            alone = [frame.time for frame in decode(container, stream, Reading())]
        together = []
        with suppress(SourceError):
            for frame in open_source(file):
                if frame.image is not None:
                    together.append(frame.time)  # noqa: PERF401 - what came before the error is kept
        assert len(alone) > 5
        assert together == alone

    def test_a_cut_off_matroska_file(self, film: Any) -> None:
        file = film("clip.mkv", times=[i / 30 for i in range(60)])
        file.write_bytes(file.read_bytes()[: file.stat().st_size * 5 // 10])
        frames, message = frames_until_broken(file)
        assert 5 < len(frames) < 60
        assert "ends early" in message

    def test_damage_in_the_middle_costs_only_what_is_damaged(self, film: Any) -> None:
        file = film(times=[i / 30 for i in range(60)])
        data = bytearray(file.read_bytes())
        middle = len(data) // 2
        data[middle : middle + 300] = bytes((i * 151) % 256 for i in range(300))
        file.write_bytes(data)
        frames, message = frames_until_broken(file)
        lost = sum(frame.image is None for frame in frames)
        assert 0 < lost < 30
        assert [frame.index for frame in frames] == list(range(60))
        assert [frame.time for frame in frames] == pytest.approx([i / 30 for i in range(60)])
        assert f"{lost} damaged packets did not decode" in message

    @pytest.mark.parametrize("b_frames", [0, 2])
    @pytest.mark.parametrize("suffix", ["mp4", "mkv"])
    def test_frames_that_do_not_decode_keep_their_numbers_and_times(
        self, film: Any, suffix: str, b_frames: int
    ) -> None:
        file = film(f"clip.{suffix}", times=(*UNEVEN, 0.8, 0.9, 1.0, 1.1), b_frames=b_frames)
        with av.open(str(file)) as container:
            packets = [packet for packet in container.demux(video=0) if packet.size]
            damaged = [packets[3], packets[8]]
            contents = [(bytes(packet), packet.pos) for packet in damaged]
            times = [float(packet.pts * packet.time_base) for packet in damaged]
        data = bytearray(file.read_bytes())
        for content, position in contents:
            begin = data.index(content, position)
            data[begin : begin + len(content)] = bytes(len(content))
        whole = list(open_source(file))
        file.write_bytes(data)
        frames, message = frames_until_broken(file)
        assert [(frame.index, frame.time) for frame in frames] == [(f.index, f.time) for f in whole]
        assert [frame.time for frame in frames if frame.image is None] == pytest.approx(sorted(times))
        assert "2 damaged packets did not decode" in message

    @pytest.mark.parametrize("content", [b"", b"not a video" * 500])
    def test_a_file_that_is_no_video_is_refused(self, tmp_path: Path, content: bytes) -> None:
        file = tmp_path / "junk.mp4"
        file.write_bytes(content)
        with pytest.raises(UserError, match=r"junk\.mp4"):
            open_source(file)

    def test_a_video_of_which_nothing_decodes_is_refused(self, film: Any) -> None:
        file = film()
        data = file.read_bytes()
        begin = data.index(b"mdat") + 4
        file.write_bytes(data[:begin] + bytes(len(data) - begin))
        with pytest.raises(UserError, match="no frame of it decodes"):
            open_source(file)

    def test_sound_alone_is_refused(self, tmp_path: Path) -> None:
        file = tmp_path / "sound.wav"
        with av.open(str(file), "w") as container:
            stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), "s16", "mono")
            frame.rate = 8000
            container.mux(stream.encode(frame))
        with pytest.raises(UserError, match="holds no video"):
            open_source(file)


class TestPictures:
    def write(self, film: Any, folder: Path, count: int = 12) -> Path:
        folder.mkdir()
        for number in range(count):
            cv2.imwrite(str(folder / f"frame{number}.png"), film.picture(number)[..., ::-1])
        return folder

    def test_a_folder_in_natural_order(self, film: Any, tmp_path: Path) -> None:
        source = open_source(self.write(film, tmp_path / "rally"), picture_fps=10)
        frames = list(source)
        assert film.numbers(frames) == list(range(12))
        assert [frame.time for frame in frames] == pytest.approx([i / 10 for i in range(12)])
        assert frames[0].image[0, 0].tolist() == [255, 0, 0]
        assert (source.name, source.size, source.fps, source.length) == ("rally", (64, 48), 10, 12)

    def test_gaps_between_names_are_no_gaps_between_frames(self, film: Any, tmp_path: Path) -> None:
        folder = self.write(film, tmp_path / "rally")
        for number in (3, 4, 9):
            (folder / f"frame{number}.png").unlink()
        frames = list(open_source(folder, picture_fps=10))
        assert film.numbers(frames) == [0, 1, 2, 5, 6, 7, 8, 10, 11]
        assert [frame.index for frame in frames] == list(range(9))
        assert frames[-1].time == pytest.approx(0.8)

    def test_a_glob(self, film: Any, tmp_path: Path) -> None:
        folder = self.write(film, tmp_path / "rally")
        source = open_source(f"{folder}/frame?.png")
        assert film.numbers(list(source)) == list(range(10))
        assert source.name == "rally"

    def test_a_span(self, film: Any, tmp_path: Path) -> None:
        source = open_source(self.write(film, tmp_path / "rally"), picture_fps=10, start=0.3, end=0.6)
        assert [frame.index for frame in source] == [3, 4, 5]
        assert source.length == 3

    def test_a_damaged_picture_ends_the_source_there(self, film: Any, tmp_path: Path) -> None:
        folder = self.write(film, tmp_path / "rally")
        (folder / "frame7.png").write_bytes(b"\x89PNG")
        frames, message = frames_until_broken(folder)
        assert len(frames) == 7
        assert "frame7.png" in message

    def test_a_picture_of_another_size_ends_the_source_there(self, film: Any, tmp_path: Path) -> None:
        folder = self.write(film, tmp_path / "rally")
        cv2.imwrite(str(folder / "frame5.png"), film.picture(5, (32, 32)))
        frames, message = frames_until_broken(folder)
        assert len(frames) == 5
        assert "32×32" in message

    def test_a_folder_without_pictures_is_refused(self, film: Any, tmp_path: Path) -> None:
        with pytest.raises(UserError, match="no picture there"):
            open_source(tmp_path)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nowhere.mp4", "no such file"),
        ("nowhere/*.png", "no picture matches"),
        ("9999", "no camera"),
        ("", "an empty name"),
        ("tcp://127.0.0.1:9/live", "not a video that can be opened"),
    ],
)
def test_what_does_not_exist_is_refused(source: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        open_source(source)
