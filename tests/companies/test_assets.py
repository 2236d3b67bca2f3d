"""What the browser is given: nothing but files of ours and named files of installed wheels."""

import hashlib
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command

from companies.assets import ASSETS, Asset, WheelAssetsFinder

TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
OURS = [path for path in (settings.BASE_DIR / "static").rglob("*") if path.suffix in {".css", ".js"}]
STATIC = re.compile(r"{%\s*static\s+[\"']([^\"']+)[\"']")
LINKED = re.compile(r"url\([\"']?(?!data:)([^\"')#]+)")


@pytest.mark.parametrize("name", ASSETS)
def test_a_file_of_a_wheel_is_the_one_that_was_looked_at(name):
    assert hashlib.sha256(ASSETS[name].source.read_bytes()).hexdigest() == ASSETS[name].sha256


@pytest.mark.parametrize("name", ["vendor/tabler/tabler.min.css", "css/site.css"])
def test_a_file_is_found_by_its_public_name(name):
    assert Path(finders.find(name)).is_file()


@pytest.mark.parametrize("name", ["vendor/tabler/tabler.rtl.min.css", "vendor/select2/js/select2.min.js", "../x"])
def test_the_other_files_of_a_wheel_are_not_served(name):
    assert WheelAssetsFinder().find(name) is None


def test_all_places_of_a_file_are_given_as_a_list():
    name = "vendor/htmx/htmx.min.js"
    assert WheelAssetsFinder().find(name, find_all=True) == [str(ASSETS[name].source)]


def test_an_intact_installation_passes_the_check():
    assert WheelAssetsFinder().check() == []


@pytest.mark.parametrize("package", ["unfold", "a_wheel_that_is_not_installed"])
def test_a_missing_file_is_an_error_at_start(monkeypatch, package):
    monkeypatch.setitem(ASSETS, "vendor/gone.js", Asset(package, "static/gone.js", ""))
    assert [error.msg for error in WheelAssetsFinder().check()] == [f"vendor/gone.js is not in the package {package}."]


def test_collectstatic_brings_every_asset(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    call_command("collectstatic", interactive=False, verbosity=0)
    assert [name for name in ASSETS if not (tmp_path / name).is_file()] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_names_only_files_that_exist(template):
    assert [name for name in STATIC.findall(template.read_text()) if finders.find(name) is None] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_nothing_that_the_content_policy_refuses(template):
    text = re.sub(r"{% comment %}.*?{% endcomment %}|{%.*?%}", "", template.read_text(), flags=re.DOTALL)
    assert re.findall(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=|javascript:|https?://", text) == []


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_our_files_call_no_other_host(path):
    assert "://" not in path.read_text()


@pytest.mark.parametrize("path", [path for path in OURS if path.suffix == ".css"], ids=lambda path: path.name)
def test_a_style_sheet_links_only_files_that_exist(path):
    names = [f"{name.removeprefix('../')}" for name in LINKED.findall(path.read_text())]
    assert [name for name in names if finders.find(name) is None] == []
