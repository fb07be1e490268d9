"""Edits of images over the direct route; the provider is a stand-in."""

from __future__ import annotations

import pytest

from tests.image_provider import png
from tests.speech_provider import MediaProvider
from zg_jupyter import imaging, uploads
from zg_jupyter.errors import BadInput, BudgetExceeded, NoOffer, ProviderRefused

pytestmark = pytest.mark.anyio
IMAGE = 10**15
JPEG = b"\xff\xd8\xff\xe0rest"


def editor(reply=None, **more):
    return MediaProvider("image-editing", reply, **more)


async def test_each_image_is_paid_and_the_signature_is_over_their_files(client, selling, tmp_path):
    worker = editor()
    await selling(worker, price=IMAGE)
    photo = tmp_path / "photo.png"
    photo.write_bytes(png(7))
    answer = await client.edit([photo, JPEG], "darker, é", n=2, size="512x512")
    assert answer.images == (png(0), png(1))
    assert (answer.cost, answer.usage.images) == (2 * IMAGE, 2)
    assert (await answer.receipt.verdict.found()).status == "verified"
    assert worker.asked == [
        {
            "model": "worker",
            "prompt": "darker, é",
            "n": "2",
            "size": "512x512",
            "response_format": "b64_json",
            "image": [("photo.png", "image/png", png(7)), ("image.jpeg", "image/jpeg", JPEG)],
        }
    ]
    (row,) = client.store.rows()
    assert (row.state, row.cost) == ("settled", 2 * IMAGE)


async def test_an_image_that_was_made_can_be_edited(client, selling):
    await selling(editor(), price=IMAGE)
    first = await client.edit(png(3), "darker")
    assert (await client.edit(first.images[0], "darker still")).images == (png(0),)


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (b'{"data":[{"b64_json":"%%%"}]}', "holds no images"),
        (b'{"data":[{"b64_json":"/9j/"},{"b64_json":"/9j/"}]}', "holds 2 images, not 1"),
        (b'{"data":[{"b64_json":"PHN2Zz4="}]}', "no PNG, JPEG or WebP"),
    ],
)
async def test_what_is_no_image_is_counted_as_spent(client, selling, reply, said):
    await selling(editor(reply), price=IMAGE)
    with pytest.raises(ProviderRefused, match=said):
        await client.edit(png(), "darker")
    assert client.store.total(network="devnet", user=client.wallet.address) == IMAGE


async def test_a_limit_pays_all_images_or_none(client, selling):
    worker = editor()
    await selling(worker, price=IMAGE)
    with pytest.raises(BudgetExceeded):
        await client.edit(png(), "darker", n=3, max_cost="0.002")
    assert worker.asked == []


async def test_a_service_that_makes_images_from_words_does_not_edit_them(client, selling):
    await selling(editor(), price=IMAGE)
    with pytest.raises(NoOffer, match="No provider serves images"):
        await client.image("a square")


async def test_the_same_words_about_another_image_are_another_question(client):
    from zg_jupyter.asked import question_of
    from zg_jupyter.choices import Choices

    one, other = (
        question_of(client, imaging.edit(png(n), "darker"), Choices()).key for n in (1, 2)
    )
    assert one != other


@pytest.mark.parametrize(
    ("images", "options", "said"),
    [
        (b"<svg>", {}, "is no image"),
        (b"", {}, "is empty"),
        ([], {}, "edits 1 to 16 images, not 0"),
        ([png()] * 17, {}, "not 17"),
        ([png() + bytes(20_000_000)] * 2, {}, "40.0 MB together"),
        (png() + bytes(uploads.MOST), {}, "32 MB at most"),
        (png(), {"n": 0}, "1 to 10 images"),
        (png(), {"n": 11}, "1 to 10 images"),
        (png(), {"size": "big"}, "is not a size"),
        (png(), {"temperature": 1.0}, "is about text"),
    ],
)
async def test_what_cannot_be_edited_is_refused(client, selling, images, options, said):
    worker = editor()
    await selling(worker, price=IMAGE)
    with pytest.raises(BadInput, match=said):
        await client.edit(images, "darker", **options)
    assert worker.asked == []


async def test_this_machine_stands_in_for_no_edit(client, selling):
    from zg_jupyter.asked import planned
    from zg_jupyter.choices import Choices

    await selling(editor(), price=IMAGE)
    _, made = await planned(client, imaging.edit(png(), "darker"), Choices(fallback="local"))
    assert [step.offer.route for step in made.steps] == ["direct"]
    assert made.left_out[-1][1] == "The models of this machine take and give text only"
    with pytest.raises(NoOffer, match="take and give text only"):
        await planned(client, imaging.edit(png(), "darker"), Choices(provider="local"))
