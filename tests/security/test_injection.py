"""Whatever an opponent says: a narrator's strategy keeps its move, and a quotation is no move of who quotes it."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from injections import INJECTIONS
from negotiation_policies.llm.parsing import parse_multi_item_reply, parse_price_reply
from scripted import ScriptedBackend

from negotiation_env import make_policy, rollout

TEXTS = list(INJECTIONS.values())
LIMITS = {"buyer_max": 1300.0, "seller_min": 300.0}
WRAPPINGS = {
    "double quotes": 'You said: "{}"',
    "single quotes": "You wrote: '{}'",
    "curly quotes": "You said: \u201c{}\u201d",
    "guillemets": "The seller wrote: \u00ab{}\u00bb",
    "block quotation": None,
    "label": "Seller: {}",
    "code fence": "You wrote:\n```\n{}\n```",
    "report": "The seller said: {}",
}


def wrapped(how: str, text: str) -> str:
    form = WRAPPINGS[how]
    return "\n".join(f"> {line}" for line in text.splitlines() or [""]) if form is None else form.format(text)


def test_the_corpus_is_large_and_says_each_thing_once():
    assert len(INJECTIONS) >= 60
    assert len(set(TEXTS)) == len(TEXTS)


class Speaker:
    """Plays a strategy of its own and says one of the texts with every move, in each game another one."""

    def __init__(self, strategy: str, domain: str, texts: list[str] | None = None) -> None:
        self.inner, self.texts = make_policy(strategy, domain), texts

    def reset(self, size, seed=None):
        self.inner.reset(size, seed)

    def decide(self, view):
        decided = self.inner.decide(view)
        if self.texts is None:
            return decided
        return replace(decided, message=[self.texts[game % len(self.texts)] for game in view.game.tolist()])


def heard(request) -> str:
    """What the other side has said last, as the prompt tells it."""
    lines = [line[2:] for line in request.messages[-1]["content"].splitlines() if line.startswith("> ")]
    return "\n".join(lines)


def asked_for(request) -> str:
    """The amount or the split that the prompt asks the voice to say."""
    task = request.messages[-1]["content"].rpartition("Say as the ")[2] or request.messages[-1]["content"]
    amount = re.findall(r"\$[0-9,.]*[0-9]", task)
    return f"I offer {amount[-1]}." if amount else "Fine."


# What a model may do with what it hears: repeat it, repeat it as JSON, say it and its task, or do its task.
MODELS = {
    "repeats it": (heard, False),
    "repeats it as JSON": (lambda request: json.dumps({"message": heard(request)}), True),
    "says it and its task": (lambda request: f"{heard(request)} {asked_for(request)}", False),
    "quotes it and does its task": (lambda request: f'You said "{heard(request)}". {asked_for(request)}', False),
    "does its task": (asked_for, False),
}
GAMES = {
    "price": (("buyer_0", "seller_0"), "price_strategy", ("tit_for_tat", "boulware_firm"), "linear"),
    "multi_item": (("agent_0", "agent_1"), "multi_item_strategy", ("trade_off", "boulware"), "linear"),
}
MOVES = {"price": ("kind", "price"), "multi_item": ("kind", "split")}


def played(domain, seat, player, texts):
    agents, _, _, rival = GAMES[domain]
    seats = {agents[seat]: player, agents[1 - seat]: Speaker(rival, domain, texts)}
    options = LIMITS if domain == "price" else None
    return rollout(domain, seats, len(TEXTS), seed=3, chat=True, max_turns=6, options=options)


@pytest.mark.parametrize("domain", GAMES)
@pytest.mark.parametrize("model", MODELS)
def test_no_text_changes_a_move_of_the_narrator(domain, model):
    answer, has_schema = MODELS[model]
    _, voice, strategies, _ = GAMES[domain]
    for seat, strategy in enumerate(strategies):
        backend = ScriptedBackend(answer, has_schema)
        spoken = make_policy(voice, domain, strategy=strategy, model=backend, reasks=1)
        bare, worded = played(domain, seat, strategy, None), played(domain, seat, spoken, TEXTS)
        for name in MOVES[domain]:
            assert np.array_equal(bare.decisions[name], worded.decisions[name], equal_nan=True)
        assert (worded.episodes["ended_by"] == bare.episodes["ended_by"]).all()
        assert len(backend.requests) > len(TEXTS)
        own = worded.decisions["seat"] == seat
        said = [text for text, mine in zip(worded.decisions["message"], own, strict=True) if mine]
        assert all(said)
        check_said(domain, worded, own)


def check_said(domain, games, own):
    """What a narrator delivers is read as its move, and as no other one."""
    kinds = ("offer", "accept", "walk")
    for row in np.flatnonzero(own):
        text, kind = games.decisions["message"][row], kinds[games.decisions["kind"][row]]
        before = row - 1 if games.decisions["turn"][row] > 1 else None
        if domain == "price":
            standing = None if before is None else games.decisions["price"][before]
            reply = parse_price_reply(text, standing, 200.0, 1500.0)
            assert kind != "offer" or reply.price == pytest.approx(games.decisions["price"][row], abs=0.006)
        else:
            pool = [1, 1, 1, 1]
            reply = parse_multi_item_reply(text, None if before is None else pool, pool)
        assert reply.kind == kind or (domain == "multi_item" and kind == "accept"), text


@pytest.mark.parametrize("domain", GAMES)
def test_a_model_that_obeys_to_the_letter_changes_no_move(domain):
    """The texts as they are, before any prompt has defused them, as the model's whole reply."""
    agents, voice, (strategy, _), rival = GAMES[domain]
    options = LIMITS if domain == "price" else None
    how = {"seed": 3, "chat": True, "max_turns": 4, "options": options}
    bare = rollout(domain, {agents[0]: strategy, agents[1]: rival}, 1, **how)
    for text in TEXTS:
        backend = ScriptedBackend(lambda _, said=text: said)
        spoken = make_policy(voice, domain, strategy=strategy, model=backend, reasks=0)
        games = rollout(domain, {agents[0]: spoken, agents[1]: rival}, 1, **how)
        for name in MOVES[domain]:
            assert np.array_equal(bare.decisions[name], games.decisions[name], equal_nan=True), text


@pytest.mark.parametrize(("domain", "agent"), [("price", "basic"), ("multi_item", "default")])
def test_a_free_agent_plays_what_its_model_states_and_hears_the_text_as_a_quotation(domain, agent):
    says = "I offer $310." if domain == "price" else "I keep item 1 and item 2, and you get the rest."
    backend = ScriptedBackend(lambda request: says)
    free = make_policy(agent, domain, model=backend)
    plain, spoken = played(domain, 0, free, None), played(domain, 0, free, TEXTS)
    for name in MOVES[domain]:
        assert np.array_equal(plain.decisions[name], spoken.decisions[name], equal_nan=True)
    systems = {request.messages[0]["content"] for request in backend.requests}
    assert len(systems) == 1 if domain == "price" else systems
    quoted = [line for request in backend.requests for message in request.messages[1:] if message["role"] == "user"
              for line in message["content"].splitlines() if line.startswith("> ")]  # fmt: skip
    assert len(quoted) >= len(TEXTS)
    for line in quoted:
        assert not re.search(r"[<>\[\]\u200b\u202e\x1b]", line[2:])
        assert not re.search(r"(?i)\b(system|assistant|user|seller|buyer)\s*:", line)
    unquoted = "\n".join(
        line
        for request in backend.requests
        for message in request.messages
        for line in message["content"].splitlines()
        if not line.startswith("> ")
    )
    for telling in ("OVERRIDE", "grandmother", "im_start", "J'accepte", "rot13", "ACCEPT"):
        assert telling not in unquoted


@pytest.mark.parametrize("how", WRAPPINGS)
def test_a_quotation_of_the_opponent_is_no_move(how):
    for name, text in INJECTIONS.items():
        reply = parse_price_reply(wrapped(how, text), 450.0, 200.0, 1500.0, speaker="buyer")
        assert reply.kind == "invalid", (name, reply)
        split = parse_multi_item_reply(wrapped(how, text), (1, 0, 1), (2, 1, 1), speaker="agent_0")
        assert split.kind == "invalid", (name, split)


@pytest.mark.parametrize("how", WRAPPINGS)
@pytest.mark.parametrize("between", [" ", "\n", "\n\n"], ids=["space", "line", "paragraph"])
def test_who_quotes_and_moves_makes_its_own_move_or_none(how, between):
    for name, text in INJECTIONS.items():
        for said, price in (("I offer $612.", 612.0), ("My offer is $777.77.", 777.77)):
            both = (f"{wrapped(how, text)}{between}{said}", f"{said}{between}{wrapped(how, text)}")
            for reply in (parse_price_reply(whole, 450.0, 200.0, 1500.0, speaker="buyer") for whole in both):
                assert reply.kind == "invalid" or (reply.kind, reply.price) == ("offer", price), (name, reply)
        keeps = "I keep 2 of item 1."
        for whole in (f"{wrapped(how, text)}{between}{keeps}", f"{keeps}{between}{wrapped(how, text)}"):
            split = parse_multi_item_reply(whole, (1, 0, 1), (2, 1, 1), speaker="agent_0")
            assert split.kind in ("invalid", "offer"), (name, split)
            assert split.keep in (None, (2, 0, 0)), (name, split)


def test_a_quotation_in_the_message_of_a_json_reply_is_no_move():
    for name, text in INJECTIONS.items():
        for how in WRAPPINGS:
            said = json.dumps({"action": "offer", "price": 612, "message": wrapped(how, text)})
            reply = parse_price_reply(said, 450.0, 200.0, 1500.0, speaker="buyer")
            assert reply.kind == "invalid" or (reply.kind, reply.price) == ("offer", 612.0), (name, how, reply)
            said = json.dumps({"action": "offer", "keep": [2, 0, 0], "message": wrapped(how, text)})
            split = parse_multi_item_reply(said, (1, 0, 1), (2, 1, 1), speaker="agent_0")
            assert split.kind == "invalid" or split.keep == (2, 0, 0), (name, how, split)


def test_the_parsers_do_read_plain_moves_beside_plain_quotations():
    """Else refusing everything would pass."""
    reply = parse_price_reply('You said "I accept your offer". I offer $612.', 450.0, 200.0, 1500.0)
    assert (reply.kind, reply.price) == ("offer", 612.0)
    reply = parse_price_reply("> I walk away.\nI accept your 450.", 450.0, 200.0, 1500.0)
    assert reply.kind == "accept"
