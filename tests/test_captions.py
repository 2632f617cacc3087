"""What stands below pictures on a sheet can be read."""

import unicodedata

import numpy as np
import pytest

from glcic_jax.pictures import captions
from glcic_jax.pictures import sheets

NAME = 'Strand Größe, Łódź – 2.jpg'


@pytest.fixture(params=['no other font', 'the fonts of this machine'])
def fonts(request, monkeypatch):
  if request.param == 'no other font':
    monkeypatch.setattr(captions, '_fonts', lambda size: [])


@pytest.mark.parametrize('form', ['NFC', 'NFD'])
def test_no_letter_of_a_name_becomes_a_box(fonts, form):
  text, font = captions.drawable(unicodedata.normalize(form, NAME), 13)
  assert text in (NAME, 'Strand Grosse, Lodz - 2.jpg')
  assert not captions.has(font, '\uffff') and all(captions.has(font, letter) for letter in text)


def test_what_no_font_has_is_a_question_mark(monkeypatch):
  monkeypatch.setattr(captions, '_fonts', lambda size: [])
  assert captions.drawable('日 a.png', 13)[0] == '? a.png'


def test_a_sheet_shows_a_name_however_its_accents_are_stored():
  def sheet(name):
    return sheets.contact_sheet({'input': [np.zeros((8, 8, 3), np.uint8)]}, captions=[name])

  shown = sheet(NAME)
  np.testing.assert_array_equal(shown, sheet(unicodedata.normalize('NFD', NAME)))
  assert (shown != sheet('\uffff' * len(NAME))).any()
