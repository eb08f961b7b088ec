"""What the publisher's camera and microphone give: the same for all that are compared."""

import subprocess
import wave
from pathlib import Path

SENTENCES = (
    "здравствуйте сегодня урок математики",
    "откройте учебник страница двадцать пять",
    "слушайте внимание решаем задачу",
    "два плюс три равно пять",
    "ученик пишите ответ на доске",
    "домашнее задание на завтра",
    "десять минус семь равно три",
    "спасибо урок окончен до свидания",
)
"""Words that the tests' recogniser knows."""
WORDS = " ".join(SENTENCES).split()
RATE = 48000
LENGTH, FPS = 3, 25
WIDTH, HEIGHT = 1280, 720


class Scene:
    """Files for Chromium's fake devices, both repeated without end. Raises FileNotFoundError when
    ffmpeg or espeak-ng is missing, CalledProcessError when one fails."""

    def __init__(self, folder: Path) -> None:
        self.camera = folder / "scene.y4m"
        self.microphone = folder / "speech.wav"
        _film(self.camera)
        _speak(self.microphone)
        with wave.open(str(self.microphone)) as file:
            self.speech_seconds = file.getnframes() / file.getframerate()

    @property
    def flags(self) -> tuple[str, ...]:
        return (
            f"--use-file-for-fake-video-capture={self.camera}",
            f"--use-file-for-fake-audio-capture={self.microphone}",
        )


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def _film(path: Path) -> None:
    """Shapes that move and grain in every picture, so that they cost bits as a camera's do."""
    source = f"testsrc2=size={WIDTH}x{HEIGHT}:rate={FPS}:duration={LENGTH}"
    _run("ffmpeg", "-y", "-f", "lavfi", "-i", source, "-vf", "noise=alls=6:allf=t:all_seed=1",
         "-pix_fmt", "yuv420p", str(path))  # fmt: skip


def _speak(path: Path) -> None:
    """Without pauses in which a browser would send nothing (DTX), for those make up sound, too."""
    spoken = path.with_suffix(".spoken.wav")
    _run("espeak-ng", "-v", "ru", "-s", "150", "-g", "2", "-w", str(spoken), ", ".join(SENTENCES))
    pauses = "silenceremove=stop_periods=-1:stop_duration=0.15:stop_threshold=-45dB"
    _run("ffmpeg", "-y", "-i", str(spoken), "-af", pauses, "-ar", str(RATE), "-ac", "1", str(path))
    spoken.unlink()
