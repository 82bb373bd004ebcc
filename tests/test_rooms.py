"""The rooms of the house keep their arrows: pages -> ui -> present -> analysis, and each thing in its one place."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ["analysis", "present", "ui", "pages"]
FOUNDATION = {"clock", "results", "study", "cohort", "outcomes", "estimators", "choices", "cautions", "options"}
SOURCES = [ROOT / "app.py", *(path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py")))]


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_arrows_never_turn_back(path: Path) -> None:
    if path.name == "app.py":
        return
    above = ROOMS[ROOMS.index(room_of(path)) + 1 :]
    wrong = {name for name in imported(path) if name.split(".")[0] in above}
    assert wrong == set()


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_each_library_stays_in_its_room(path: Path) -> None:
    roots = {name.split(".")[0] for name in imported(path)}
    forbidden = {
        "analysis": {"streamlit", "plotly"},
        "present": {"streamlit"},
        "pages": {"numpy", "scipy", "lifelines", "statsmodels", "pandas", "plotly"},
    }.get(room_of(path), set())
    assert roots & forbidden == set()


@pytest.mark.parametrize("path", sorted((ROOT / "analysis").glob("*.py")), ids=name_of)
def test_topics_do_not_import_each_other(path: Path) -> None:
    if path.stem in FOUNDATION:
        return
    used = {name.split(".")[1] for name in imported(path) if name.startswith("analysis.")}
    assert used - FOUNDATION == set()


def test_pages_define_nothing_and_stay_short() -> None:
    for path in sorted((ROOT / "pages").glob("*.py")):
        text = path.read_text(encoding="utf-8")
        assert text.count("\n") <= 80, path
        assert not re.search(r"^(def|class) ", text, re.MULTILINE), path


def test_every_page_has_its_modules_under_one_stem() -> None:
    for path in sorted((ROOT / "pages").glob("*.py")):
        if path.stem in {"study", "columns"}:  # opening a file is no analysis
            continue
        module, package = ROOT / "analysis" / path.name, ROOT / "analysis" / path.stem / "__init__.py"
        assert module.exists() or package.exists(), path.stem
        assert (ROOT / "present" / "tables" / path.name).exists(), path.stem


def only_in(pattern: str, allowed: set[str], rooms: tuple[str, ...] = ("ui", "pages", "present", "analysis")) -> None:
    found = {
        name_of(path)
        for path in SOURCES
        if path.name != "app.py" and room_of(path) in rooms and re.search(pattern, path.read_text(encoding="utf-8"))
    }
    assert found - allowed == set()


def test_session_state_and_url_live_in_state() -> None:
    only_in(r"session_state|query_params", {"ui/state.py"})


def test_caches_live_in_compute() -> None:
    only_in(r"st\.cache_|lru_cache", {"ui/compute.py"}, rooms=("ui", "pages", "present"))


def test_patient_caches_are_session_scoped_and_bounded() -> None:
    text = (ROOT / "ui" / "compute.py").read_text(encoding="utf-8")
    doors = re.findall(r"st\.cache_\w+\(([^)]*)\)", text)
    assert len(doors) >= 2
    assert all('scope="session"' in door and "max_entries=" in door for door in doors)


def test_colours_live_in_theme() -> None:
    only_in(r"#[0-9A-Fa-f]{6}\b|rgba?\(\d", {"present/figures/theme.py"}, rooms=("ui", "pages", "present", "analysis"))


def test_rounding_lives_in_format() -> None:
    rounding = r"(?<![\w.])round\(|np\.round\(|\.round\(|:[,]?\.\d+[f%]\}"
    only_in(rounding, {"present/tables/format.py"}, rooms=("ui", "pages", "present"))


def test_no_unsafe_html_and_no_bare_except() -> None:
    only_in(r"unsafe_allow_html|unsafe_allow_javascript|except Exception|except:", set())


def test_modules_stay_within_their_size() -> None:
    long = {name_of(path): path.read_text(encoding="utf-8").count("\n") for path in SOURCES}
    assert {name: n for name, n in long.items() if n > 300} == {}


def test_app_is_an_app_round_the_frame() -> None:
    text = (ROOT / "app.py").read_text(encoding="utf-8")
    assert "st.App(" in text
    assert '"ui" / "frame.py"' in text
    assert "Content-Security-Policy" in text
