"""What the stand-in has for sale at first: several models, each at several providers."""

from __future__ import annotations

from tests.standins.router.catalog import EXAMPLE, Endpoint, Model, address_of


def _chat(prompt: int, completion: int, **more: int) -> dict[str, int]:
    return {"prompt": prompt, "completion": completion, **more}


def default_models() -> list[Model]:
    """Fresh ones; tests may change them."""
    return [
        Model(
            "qwen2.5-omni",
            [
                Endpoint(
                    EXAMPLE, _chat(5 * 10**10, 10**11), "private", latency=420,
                    name="Example", raw="Qwen/Qwen2.5-Omni-7B",
                ),
                Endpoint(
                    address_of("cheap"), _chat(4 * 10**10, 8 * 10**10), latency=900, uptime=91.0,
                    name="Cheap and open", raw="Qwen/Qwen2.5-Omni-7B",
                    parameters=("max_tokens", "temperature"),
                ),
                Endpoint(
                    address_of("fast"), _chat(6 * 10**10, 12 * 10**10), "verified", latency=150,
                    name="Fast relay", raw="Qwen/Qwen2.5-Omni-7B", identity="alibaba",
                ),
                Endpoint(
                    address_of("gone"), _chat(10**10, 2 * 10**10), "private", healthy=False,
                    latency=None, uptime=12.5, name="Gone", raw="Qwen/Qwen2.5-Omni-7B",
                ),
            ],
        ),
        Model(
            "glm-5.3",
            [
                Endpoint(
                    address_of("think-1"), _chat(2 * 10**11, 9 * 10**11, cached_prompt=2 * 10**10),
                    "private", latency=800, name="Thinker",
                    usd={"prompt": "0.0000006", "completion": "0.0000022"},
                ),
                Endpoint(
                    address_of("think-2"), _chat(3 * 10**11, 10**12), "verified", latency=300,
                    name="Thinker's relay", identity="zhipu",
                    usd={"prompt": "0.0000009", "completion": "0.0000030"},
                ),
            ],
            context=131072, output=32768, formats=("openai", "anthropic"), thinks=True,
        ),
        Model(
            "open-model",
            [Endpoint(address_of("cheap"), _chat(10**9, 2 * 10**9), name="Cheap and open")],
            context=8192, output=1024,
        ),
        Model(
            "tiered-model",
            [
                Endpoint(
                    address_of("think-1"), _chat(10**9, 2 * 10**9), "private", name="Thinker",
                    tiers=((10, 10**9, 2 * 10**9), (8192, 3 * 10**9, 6 * 10**9)),
                )
            ],
            context=8192, output=1024,
        ),
        Model("sleeping-model", [Endpoint(address_of("gone"), _chat(10, 10), healthy=False)]),
        Model(
            "qwen-image",
            [
                Endpoint(EXAMPLE, {"image": 4 * 10**15}, "private", name="Example",
                         usd={"image": "0.02"}),
                Endpoint(address_of("cheap"), {"image": 3 * 10**15}, usd={"image": "0.01"}),
            ],
            "text-to-image",
        ),
        Model(
            "qwen-image-edit",
            [Endpoint(EXAMPLE, {"image": 5 * 10**15}, "private", name="Example")],
            "image-editing",
        ),
        # Which field holds the price of a second of audio is unverified: ``prompt`` here.
        Model(
            "whisper-large-v3",
            [Endpoint(EXAMPLE, {"prompt": 2 * 10**13}, "private", name="Example")],
            "speech-to-text",
        ),
        Model(
            "wan-video",
            [Endpoint(address_of("film"), {"video": 10**16}, "verified", usd={"video": "0.05"})],
            "video-generation",
            variants=(
                {"dimensions": {"resolution": "720p"}, "unit": "video_second",
                 "unit_price": str(10**16)},
                {"dimensions": {"resolution": "1080p"}, "unit": "video_second",
                 "unit_price": str(3 * 10**16)},
            ),
        ),
    ]  # fmt: skip
