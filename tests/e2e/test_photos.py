"""A client's photos: previewed and made smaller before they are sent, and seen in full by both sides."""

from io import BytesIO

from PIL import ExifTags, Image
from playwright.sync_api import Browser, FilePayload, expect

from tests.e2e.people import AgentScreen, ClientScreen, close, photo
from tests.real.wattline import Wattline
from tests.waiting import wait_until

KEEP_UPLOADS = """
  const send = XMLHttpRequest.prototype.send;
  window.uploaded = [];
  XMLHttpRequest.prototype.send = function (body) {
    if (body instanceof Blob) body.arrayBuffer().then((bytes) => window.uploaded.push([...new Uint8Array(bytes)]));
    return send.call(this, body);
  };
"""
TURNED_RIGHT = 6  # EXIF: the camera was held upright, its pixels lie on their left side


class Photographer(ClientScreen):
    def choose(self, *photos: FilePayload) -> None:
        self.page.locator("input[type=file]").set_input_files(photos)

    def send_photos(self) -> None:
        self.page.locator(".wl-photo-actions button[type=submit]").click()


def test_a_photo_is_sent_upright_smaller_and_without_its_place(system: Wattline, chromium: Browser) -> None:
    """A photo leaves the browser turned, at most 2048 px long and free of camera data; its caption follows."""
    context = chromium.new_context()
    context.add_init_script(KEEP_UPLOADS)
    elena = Photographer.opened(context, system, "c-elena")
    elena.say_stored("Here is my meter")
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = TURNED_RIGHT
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (47.0, 3.0, 0.0)
    elena.choose(photo("meter.jpeg", (4000, 3000), exif))
    sheet = elena.page.get_by_role("dialog", name="Send this photo?")
    expect(sheet.get_by_role("img", name="meter.jpeg")).to_be_visible()
    expect(sheet).to_contain_text("Made smaller:")
    caption = sheet.get_by_label("Caption")
    expect(caption).to_be_focused()
    caption.fill("Reading of today")
    caption.press("Enter")
    wait_until(lambda: elena.page.evaluate("window.uploaded.length") == 1, 30)
    arrived = Image.open(BytesIO(bytes(elena.page.evaluate("window.uploaded[0]"))))
    assert arrived.size == (1536, 2048)
    assert not arrived.getexif()
    # The left half of the pixels was the upper half of the motive.
    grey = arrived.convert("L")
    assert [grey.getpixel((768, y)) for y in (500, 1500)] == [0, 255]
    elena.sees_tick("Reading of today", "stored", "delivered", "read")
    expect(elena.page.get_by_test_id("message").nth(-2).get_by_alt_text("File: meter.jpg")).to_be_visible()
    expect(sheet).to_have_count(0)
    elena.close()


def test_a_photo_that_is_not_wanted_is_not_sent(system: Wattline, chromium: Browser) -> None:
    """Removed and unreadable photos stay; each says why; Escape sends none and leaves the chat open."""
    elena = Photographer.opened(chromium.new_context(), system, "c-elena")
    elena.say_stored("Three, but not all")
    heic: FilePayload = {"name": "IMG_1.HEIC", "mimeType": "", "buffer": b"ftypheic"}
    elena.choose(photo("one.jpg"), photo("two.jpg"), heic)
    sheet = elena.page.get_by_role("dialog", name="Send 3 photos?")
    expect(sheet).to_contain_text("This browser cannot read HEIC photos")
    sheet.get_by_role("button", name="Remove two.jpg").click()
    elena.page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    expect(elena.field).to_be_focused()
    elena.choose(photo("one.jpg"), heic)
    elena.send_photos()
    expect(elena.page.get_by_alt_text("File: one.jpg")).to_be_visible()
    elena.say_stored("That was one")
    assert elena.page.get_by_alt_text("File: IMG_1").count() == elena.page.get_by_alt_text("File: two").count() == 0
    elena.close()


def test_a_picture_opens_in_full_and_can_be_saved(system: Wattline, chromium: Browser) -> None:
    """The lightbox takes the focus, turns to the next picture by key, saves it, and closes without closing the chat."""
    client = Photographer.opened(chromium.new_context(), system, "c-maria")
    client.say_stored("Two pictures")
    client.choose(photo("meter.jpg"), photo("fuses.jpg"))
    client.send_photos()
    expect(client.page.get_by_alt_text("File: fuses.jpg")).to_be_visible()
    client.page.get_by_alt_text("File: meter.jpg").click()
    box = client.page.get_by_test_id("lightbox")
    expect(box.get_by_alt_text("meter.jpg")).to_be_visible()
    expect(box.get_by_role("button", name="Close")).to_be_focused()
    client.page.keyboard.press("ArrowRight")
    expect(box.get_by_alt_text("fuses.jpg")).to_be_visible()
    expect(box.get_by_role("status")).to_have_text("2 of 2")
    with client.page.expect_download() as download:
        box.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "fuses.jpg"
    client.page.keyboard.press("Escape")
    expect(box).to_have_count(0)
    expect(client.page.get_by_role("link", name="File: fuses.jpg")).to_be_visible()

    ana = AgentScreen(chromium.new_context(), system)
    ana.open_chat("c-maria")
    ana.page.get_by_alt_text("File: fuses.jpg").click()
    expect(ana.page.get_by_test_id("lightbox").get_by_alt_text("fuses.jpg")).to_be_visible()
    ana.page.keyboard.press("Escape")
    expect(ana.page.get_by_test_id("client-id")).to_have_attribute("title", "c-maria")
    close(client, ana)
