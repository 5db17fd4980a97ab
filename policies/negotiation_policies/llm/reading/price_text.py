"""The reading of free text in the price domain."""

from __future__ import annotations

import re
from dataclasses import dataclass

from negotiation_policies.llm.reading import framing, price_offers, stances
from negotiation_policies.llm.reading.amounts import Amount, Role, find_amounts
from negotiation_policies.llm.reading.cleaning import ODD, own_words
from negotiation_policies.llm.reading.reply import Kind, UnreadableError
from negotiation_policies.llm.reading.skeleton import Sentence, build_skeleton, equals

_UNFINISHED_ACCEPTANCE = re.compile(
    r"(?:(?:and|but|so|ok|okay|yes|well) ){0,3}(?:i|we) (?:(?:will|can|do|gladly|happily|just|also|hereby) ){0,3}"
    r"(?:accept\b|agree(?: to| on|$))|\b(?:it is a|we have a) deal\b"
)
_ACCEPTING_OTHER = re.compile(
    r"\b(?:accept|agree|agreed|accepted|deal|take|sold|taking|accepting)\b(?: [a-z]+){0,5} PRICE|"
    r"PRICE\d+ (?:it is|works|is acceptable|is a deal)"
)
_STAYING = re.compile(
    r"\b(?:not|never|might|may|could|would) (?:\w+ ){0,3}(?:walk|quit|leav|withdraw)\w*|\b(?:will|can|am) stay|"
    r"\b(?:continue|keep (?:talking|negotiating|going)|still interested)\b"
)
_DIGITS = re.compile(r"\d+")
_MOST_NUMBERS = 10_000


@dataclass(frozen=True)
class Statement:
    """What a text says.

    Attributes:
        sentences: its sentences.
        amounts: its amounts, which the tokens of the sentences number.
        offered: the prices that it offers, in currency units.
        named: the prices other than the standing one that it names.
        stray: those of them that are neither offered nor said to be another time's or somebody else's.
        accepts, walks: whether it states that move.
    """

    sentences: list[Sentence]
    amounts: list[Amount]
    offered: frozenset[float]
    named: frozenset[float]
    stray: frozenset[float]
    accepts: bool
    walks: bool

    def tokens_of(self, price: float) -> str:
        """A pattern of the tokens that stand for a price."""
        places = [str(k) for k, a in enumerate(self.amounts) if a.role is Role.PRICE and equals(a.value, price)]
        return rf"\b(?:PRICE|STAND)(?:{'|'.join(places)})\b" if places else r"(?!)"


def read_statement(text: str, standing: float | None) -> Statement:
    """Take a cleaned text apart.

    Raises:
        UnreadableError: It is empty, not in English, or holds a number that may or may not be a price.
    """
    words = own_words(text)
    if len(_DIGITS.findall(words)) > _MOST_NUMBERS:
        raise UnreadableError("The reply holds thousands of numbers. Name one price and nothing else.")
    amounts = find_amounts(words)
    _check_amounts(words, amounts)
    sentences = build_skeleton(words, amounts, standing)
    offered = frozenset(amounts[place].value for place in price_offers.offered_places(sentences))
    return Statement(
        sentences,
        amounts,
        offered,
        frozenset(a.value for a in amounts if a.role is Role.PRICE and not equals(a.value, standing)),
        frozenset(amounts[place].value for place in price_offers.stray_places(sentences)) - offered,
        accepts=any(stances.accepting_clauses(sentence) for sentence in sentences),
        walks=any(stances.walking_clauses(sentence) for sentence in sentences) or stances.says_farewell(sentences),
    )


def read_price_text(text: str, standing: float | None) -> tuple[Kind, float | None]:
    """The one move of a free text.

    Raises:
        UnreadableError: It states no move, or more than one.
    """
    statement = read_statement(text, standing)
    offers = any(not equals(price, standing) for price in statement.offered)
    if statement.accepts + statement.walks + offers > 1:
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
    others = statement.offered | (statement.stray if kind == "offer" else statement.named)
    settled = standing if kind == "accept" else price
    wrong = kind != "walk" and any(not equals(value, settled) for value in others)
    if wrong or (statement.accepts and kind != "accept") or (statement.walks and kind != "walk"):
        raise UnreadableError("The message contradicts the action. Make them say the same.")
    if kind == "accept":
        stances.check_nothing_against_acceptance(statement.sentences)
    elif kind == "offer":
        _check_offer_message(statement, statement.tokens_of(price or 0.0))
    else:
        if statement.offered or any(_STAYING.search(c) for s in statement.sentences for c in s.clauses):
            raise UnreadableError("The message contradicts walking away.")
        stances.check_nothing_against_leaving(statement.sentences)


def _check_offer_message(statement: Statement, own: str) -> None:
    if statement.offered:
        price_offers.check_offer(statement.sentences, own)
    for sentence in statement.sentences:
        framing.check_not_retracted(sentence)
        if any(re.search(own, clause) and framing.denies(clause) for clause in sentence.clauses):
            raise UnreadableError("The message denies the price. Make message and price say the same.")
        if re.search(own, sentence.words) and framing.conditions(sentence.words):
            raise UnreadableError("The message sets a condition for the price. Name one price and nothing else.")
        if price_offers.finds_fault(sentence, own):
            raise UnreadableError("The message finds fault with the price. Make message and price say the same.")
        if price_offers.spells_number(sentence):
            raise UnreadableError("The message spells out a number. Write the one price in digits.")
        if _half_accepts(sentence):
            raise UnreadableError("The message accepts and the action offers. Make them say the same.")


def _half_accepts(sentence: Sentence) -> bool:
    if sentence.asks or framing.CONDITION.search(sentence.words):
        return False
    return any(_UNFINISHED_ACCEPTANCE.match(c) and not framing.denies(c) for c in sentence.clauses)


def _accept(statement: Statement, standing: float | None) -> tuple[Kind, None]:
    if standing is None:
        raise UnreadableError("There is no offer to accept. Make an offer.")
    if statement.named:
        raise UnreadableError(f"The standing offer is {standing:g}. Accept it without another price, or make an offer.")
    stances.check_nothing_against_acceptance(statement.sentences)
    return "accept", None


def _offer(statement: Statement, standing: float | None) -> float:
    prices = statement.offered | statement.stray
    if len(prices) > 1:
        raise UnreadableError(f"The reply names {len(prices)} prices. Name one.")
    if not statement.offered:
        if any(_ACCEPTING_OTHER.search(sentence.words) for sentence in statement.sentences):
            known = "there is no standing offer" if standing is None else f"the standing offer is {standing:g}"
            raise UnreadableError(f"The reply accepts a price, but {known}. Name your price as an offer.")
        if any("PRICE" in sentence.words and framing.conditions(sentence.words) for sentence in statement.sentences):
            raise UnreadableError(price_offers.CONDITIONAL)
        raise UnreadableError("The reply states no move. Offer one price, accept, or walk away.")
    if any(_half_accepts(sentence) for sentence in statement.sentences):
        raise UnreadableError("The reply accepts and offers. State one move.")
    (price,) = prices
    price_offers.check_offer(statement.sentences, statement.tokens_of(price))
    return price


def _check_amounts(words: str, amounts: list[Amount]) -> None:
    if re.search(rf"(?<![A-Za-z]){ODD}", words):
        raise UnreadableError("The reply holds numerals that are no plain digits. Write the price in digits.")
    for amount in amounts:
        if amount.role is Role.NEGATIVE:
            raise UnreadableError(f"A price cannot be negative (-{amount.digits[:20]}).")
        if amount.role is Role.UNCLEAR:
            raise UnreadableError(f"It is not clear what {amount.digits[:20]} stands for. Name one exact price.")
