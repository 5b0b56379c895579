from crosswheel.settings.placeholders import fill_placeholders


def test_places_are_filled_in_unless_they_are_marked():
    text = "{project}/a {package}/b {wheel} {other} #{package} ${package}"
    assert fill_placeholders(text, project="/p", wheel="x.whl") == "/p/a /p/b x.whl {other} {package} $/p"
    assert fill_placeholders("{wheel}", project="/p") == "{wheel}"
