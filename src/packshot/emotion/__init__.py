"""Emotion: how people feel about a photo, how strongly, and where in it that is seen."""

from packshot.emotion.network import EMOTION_MODEL, EmotionNetwork
from packshot.emotion.reader import EmotionReader, load_shipped_reader

__all__ = ["EMOTION_MODEL", "EmotionNetwork", "EmotionReader", "load_shipped_reader"]
