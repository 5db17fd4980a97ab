"""The reading of free text in the price domain."""

from __future__ import annotations

import re
from dataclasses import dataclass

from negotiation_policies.llm.reading import price_offers, stances
from negotiation_policies.llm.reading.amounts import Amount, Role, find_amounts
from negotiation_policies.llm.reading.cleaning import ODD, own_words
from negotiation_policies.llm.reading.reply import Kind, UnreadableError
from negotiation_policies.llm.reading.skeleton import Sentence, build_skeleton, equals

_UNFINISHED_ACCEPTANCE = re.compile(
    r"(?:\w+ ){0,2}(?:i|we) (?:\w+ ){0,3}(?:accept|agree)\b|\b(?:it is a|we have a) deal\b"
)
_ACCEPTING_OTHER = re.compile(
    r"\b(?:accept|agree|agreed|accepted|deal|take|sold|taking|accepting)\b(?: [a-z]+){0,5} PRICE|"
    r"PRICE (?:it is|works|is acceptable|is a deal)"
)
_TOO_MUCH = re.compile(r"\bPRICE (?:is|was|seems|sounds) (?:way |far |just |much )?too\b")
_STAYING = re.compile(
    r"\b(?:not|never) (?:be |going to )?(?:walk|quit|leav|withdraw)\w*|\b(?:continue|keep (?:talking|"
    r"negotiating|going)|still interested)\b"
)


@dataclass(frozen=True)
class Statement:
    """What a text says: its sentences, the prices other than the standing one, and which moves it states."""

    sentences: list[Sentence]
    prices: tuple[float, ...]
    accepts: bool
    walks: bool
    offers: bool
    repeats_standing: bool


def read_statement(text: str, standing: float | None) -> Statement:
    """Take a cleaned text apart.

    Raises:
        UnreadableError: It is empty, not in English, or holds a number that may or may not be a price.
    """
    words = own_words(text)
    amounts = find_amounts(words)
    _check_amounts(words, amounts)
    sentences = build_skeleton(words, amounts, standing)
    prices = {a.value for a in amounts if a.role is Role.PRICE and not equals(a.value, standing)}
    offering = price_offers.offering_clauses(sentences)
    own = "PRICE" if prices else "STAND"
    return Statement(
        sentences,
        tuple(sorted(prices)),
        accepts=any(stances.accepting_clauses(sentence) for sentence in sentences),
        walks=any(stances.walking_clauses(sentence) for sentence in sentences) or stances.says_farewell(sentences),
        offers=any(own in clause for _, clause in offering),
        repeats_standing=any(a.role is Role.PRICE and equals(a.value, standing) for a in amounts),
    )


def read_price_text(text: str, standing: float | None) -> tuple[Kind, float | None]:
    """The one move of a free text.

    Raises:
        UnreadableError: It states no move, or more than one.
    """
    statement = read_statement(text, standing)
    if statement.accepts + statement.walks + bool(statement.offers and statement.prices) > 1:
        raise UnreadableError("The reply states more than one move. State one.")
    if statement.walks:
        stances.check_nothing_against_leaving(statement.sentences)
        return "walk", None
    if statement.accepts:
        return _accept(statement, standing)
    return "offer", _offer(statement, standing)


def check_message(text: str, kind: Kind, price: float | None, standing: float | None) -> None:
    """Refuse a message that contradicts the move beside which it stands.

    Raises:
        UnreadableError: It does.
    """
    if not text.strip():
        return
    statement = read_statement(text, standing)
    others = [value for value in statement.prices if not equals(value, price)]
    stated = {
        "offer": statement.offers and bool(statement.prices),
        "accept": statement.accepts,
        "walk": statement.walks,
    }
    if others or any(said for move, said in stated.items() if move != kind):
        raise UnreadableError("The message contradicts the action. Make them say the same.")
    if kind == "accept":
        stances.check_nothing_against_acceptance(statement.sentences)
    elif kind == "offer":
        _check_offer_message(statement, "STAND" if equals(price or 0.0, standing) else "PRICE")
    elif any(_STAYING.search(sentence.words) for sentence in statement.sentences) or statement.offers:
        raise UnreadableError("The message contradicts walking away.")
    if kind == "walk":
        stances.check_nothing_against_leaving(statement.sentences)


def _check_offer_message(statement: Statement, own: str) -> None:
    for sentence in statement.sentences:
        stances.check_not_retracted(sentence)
        if own == "PRICE" and any(own in clause and price_offers.denies(clause) for clause in sentence.clauses):
            raise UnreadableError("The message denies the price. Make message and price say the same.")
        if _TOO_MUCH.search(sentence.words):
            raise UnreadableError("The message finds fault with the price that it offers.")
        if not sentence.asks and not stances.CONDITION.search(sentence.words) and _half_accepts(sentence):
            raise UnreadableError("The message accepts and the action offers. Make them say the same.")


def _half_accepts(sentence: Sentence) -> bool:
    return any(_UNFINISHED_ACCEPTANCE.match(c) and not price_offers.denies(c) for c in sentence.clauses)


def _accept(statement: Statement, standing: float | None) -> tuple[Kind, None]:
    if standing is None:
        raise UnreadableError("There is no offer to accept. Make an offer.")
    if statement.prices:
        raise UnreadableError(f"The standing offer is {standing:g}. Accept it without another price, or make an offer.")
    stances.check_nothing_against_acceptance(statement.sentences)
    return "accept", None


def _offer(statement: Statement, standing: float | None) -> float:
    if len(statement.prices) > 1:
        raise UnreadableError(f"The reply names {len(statement.prices)} prices. Name one.")
    if any(_ACCEPTING_OTHER.search(sentence.words) for sentence in statement.sentences) and not statement.offers:
        known = "there is no standing offer" if standing is None else f"the standing offer is {standing:g}"
        raise UnreadableError(f"The reply accepts a price, but {known}. Name your price as an offer.")
    if not statement.offers:
        raise UnreadableError("The reply states no move. Offer one price, accept, or walk away.")
    if any(_half_accepts(sentence) for sentence in statement.sentences):
        raise UnreadableError("The reply accepts and offers. State one move.")
    price_offers.check_offer(statement.sentences, "PRICE" if statement.prices else "STAND")
    if statement.prices:
        return statement.prices[0]
    if standing is None:
        raise UnreadableError("The reply names no price. Offer one price, accept, or walk away.")
    return standing


def _check_amounts(words: str, amounts: list[Amount]) -> None:
    if re.search(rf"(?<![A-Za-z]){ODD}", words):
        raise UnreadableError("The reply holds numerals that are no plain digits. Write the price in digits.")
    for amount in amounts:
        if amount.role is Role.NEGATIVE:
            raise UnreadableError(f"A price cannot be negative (-{amount.digits[:20]}).")
        if amount.role is Role.UNCLEAR:
            raise UnreadableError(f"It is not clear what {amount.digits[:20]} stands for. Name one exact price.")
