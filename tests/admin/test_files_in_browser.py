"""Files in and out, in a real Chromium: for `make test-browser`, not for `make test`."""

from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Page, expect

from clinical import demo
from clinical.models import Patient
from clinical.tests.attachments.samples import PDF
from clinical.tests.factories import performed_study
from tests.admin.test_browser import async_is_safe, page  # noqa: F401 - fixtures
from tests.conftest import House
from transfers.exports import work as export_work
from transfers.imports import work as import_work
from transfers.models import Export, Import

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture
def inside(house: House, page: Page) -> Page:  # noqa: F811 - the fixture
    """The admin, of a clinician."""
    page.goto(f"{house.url}/admin/")
    page.fill("#id_username", "clara")
    page.fill("#id_password", settings.DEMO_PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_text("Patients").first).to_be_visible()
    return page


def test_a_file_is_imported_by_clicks_and_the_page_follows_the_work(house: House, inside: Page):
    inside.goto(f"{house.url}/admin/transfers/import/add/?kind=patients")
    inside.set_input_files("input[type=file]", demo.DATA / "patients.csv")
    inside.get_by_role("button", name="Save", exact=True).click()
    expect(inside.get_by_text("Waits to be checked …")).to_be_visible()
    import_work.run(Import.objects.get().pk)
    expect(inside.get_by_text("Of 4 rows 4 are new")).to_be_visible(timeout=10_000)
    expect(inside.get_by_role("cell", name="Villalobos")).to_be_visible()
    inside.get_by_role("link", name="Apply").click()
    inside.get_by_role("button", name="Apply it").click()
    expect(inside.get_by_text("Being applied").first).to_be_visible()
    import_work.run(Import.objects.get().pk)
    expect(inside.get_by_text("Applied: 4 created")).to_be_visible(timeout=10_000)
    assert Patient.objects.count() == 4


def test_a_click_on_download_starts_the_download(house: House, inside: Page, tmp_path: Path):
    demo.load()
    inside.goto(f"{house.url}/admin/clinical/patient/?q=villa")
    inside.get_by_title("Export").click()
    inside.get_by_label("Reason").fill("Moving house")
    inside.get_by_role("button", name="Save", exact=True).click()
    export_work.run(Export.objects.get().pk)
    expect(inside.get_by_text("1 row.")).to_be_visible(timeout=10_000)
    with inside.expect_download() as started:
        inside.get_by_role("link", name="download Download").click()
    started.value.save_as(tmp_path / "export.csv")
    assert started.value.suggested_filename.startswith("patient-")
    assert "Jose,Villalobos,1955-04-10" in (tmp_path / "export.csv").read_text("utf-8-sig")


def test_a_file_of_a_study_is_downloaded_and_not_shown(house: House, inside: Page, tmp_path: Path):
    study = performed_study()
    (tmp_path / "Knee.pdf").write_bytes(PDF)
    inside.goto(f"{house.url}/admin/clinical/study/{study.pk}/attach-file/")
    inside.set_input_files("input[type=file]", tmp_path / "Knee.pdf")
    inside.get_by_role("button", name="Attach a file").click()
    with inside.expect_download() as started:
        inside.get_by_role("link", name="Knee.pdf").click()
    started.value.save_as(tmp_path / "again.pdf")
    assert (tmp_path / "again.pdf").read_bytes() == PDF
    assert started.value.suggested_filename == "Knee.pdf"
