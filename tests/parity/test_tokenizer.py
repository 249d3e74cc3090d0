"""`preprocessing` compared with Keras; its `Tokenizer` is in Keras's legacy package."""

import keras
import numpy as np
import pytest
from keras.src.legacy.preprocessing import text as theirs

from minidl.preprocessing import image, sequence
from minidl.preprocessing import text as ours

TEXTS = ["The cat sat, on the mat!", "A dog; the dog\tbarks at the cat.", "", "mat mat MAT", ["the", "List", "of", "words"]]
OPTIONS = [
    {},
    {"num_words": 4},
    {"oov_token": "<new>"},
    {"oov_token": "<new>", "num_words": 3},
    {"char_level": True},
    {"lower": False, "filters": "!", "split": "a"},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_the_tokenizer_numbers_words_as_in_keras(options: dict) -> None:
    mine, reference = ours.Tokenizer(**options), theirs.Tokenizer(**options)
    for tokenizer in (mine, reference):
        tokenizer.fit_on_texts(TEXTS[:3])
        tokenizer.fit_on_texts(TEXTS[3:])
    assert mine.word_index == reference.word_index
    assert mine.document_count == reference.document_count
    assert dict(mine.word_docs) == dict(reference.word_docs)
    assert dict(mine.index_docs) == dict(reference.index_docs)
    asked = [*TEXTS[:4], "an unknown cat", ["the", "unknown"]]
    sequences = mine.texts_to_sequences(asked)
    assert sequences == reference.texts_to_sequences(asked)
    assert mine.sequences_to_texts([*sequences, [999, 1]]) == reference.sequences_to_texts([*sequences, [999, 1]])
    for mode in ("binary", "count", "freq", "tfidf"):
        np.testing.assert_allclose(mine.texts_to_matrix(asked, mode), reference.texts_to_matrix(asked, mode), rtol=1e-12)
    again = ours.tokenizer_from_json(reference.to_json())
    assert again.get_config() == mine.get_config() == ours.tokenizer_from_json(mine.to_json()).get_config()
    assert again.texts_to_sequences(asked) == sequences


def test_words_are_split_and_hashed_as_in_keras() -> None:
    for options in ({}, {"lower": False}, {"filters": "t"}):
        for text in TEXTS[:4]:
            assert ours.text_to_word_sequence(text, **options) == theirs.text_to_word_sequence(text, **options)
            assert ours.one_hot(text, 7, **options) == theirs.one_hot(text, 7, **options)
            assert ours.hashing_trick(text, 50, "md5", **options) == theirs.hashing_trick(text, 50, "md5", **options)
    with pytest.raises(ValueError, match='hash_function is "md5"'):
        ours.hashing_trick("a", 3, "sha")
    with pytest.raises(ValueError, match="call fit_on_texts first"):
        ours.Tokenizer().sequences_to_matrix([[1]])
    with pytest.raises(ValueError, match="mode is"):
        ours.Tokenizer(5).sequences_to_matrix([[1]], "words")


@pytest.mark.parametrize("size", [(3, 5), (8, 2), (12, 12)])
def test_smart_resize_crops_and_resizes_as_in_keras(size: tuple[int, int]) -> None:
    images = np.random.default_rng(0).random((2, 9, 7, 3), "float32")
    for given in (images, images[0]):
        expected = keras.preprocessing.image.smart_resize(given, size)
        np.testing.assert_allclose(image.smart_resize(given, size), expected, atol=1e-5)
    for name in ("load_img", "save_img", "img_to_array", "array_to_img"):
        assert callable(getattr(image, name))
    assert sequence.pad_sequences([[1]]).tolist() == [[1]]
