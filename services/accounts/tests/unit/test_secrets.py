"""What is stored of passwords, tokens and insurance numbers gives nothing away."""

import os

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type
from cryptography.exceptions import InvalidTag

from accounts import bearer, passwords
from accounts.settings import key
from accounts.vault import Vault

OWNER, ANOTHER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


@pytest.fixture
def vault() -> Vault:
    return Vault(os.urandom(32), os.urandom(32))


def test_passwords_are_hashed_with_argon2id_and_owasp_parameters() -> None:
    parameters = extract_parameters(passwords.hash_of("correct horse"))
    assert parameters.type is Type.ID
    assert (parameters.memory_cost, parameters.time_cost, parameters.parallelism) == (19456, 2, 1)


def test_a_password_matches_its_own_hash_only() -> None:
    hashed = passwords.hash_of("correct horse")
    assert passwords.check(hashed, "correct horse") == passwords.Verdict(right=True)
    assert not passwords.check(hashed, "correct horse ").right
    assert not passwords.check(passwords.NOBODYS, "correct horse").right


def test_both_ways_of_typing_a_letter_are_one_password() -> None:
    assert passwords.check(passwords.hash_of("\u0439од и соль"), "\u0438\u0306од и соль").right


def test_an_outdated_hash_is_renewed_when_the_password_is_right() -> None:
    outdated = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("correct horse")
    verdict = passwords.check(outdated, "correct horse")
    assert verdict.renewed_hash is not None
    assert passwords.check(verdict.renewed_hash, "correct horse") == passwords.Verdict(right=True)


def test_a_sealed_value_opens_for_its_owner_only(vault: Vault) -> None:
    sealed = vault.seal("11223344595", OWNER)
    assert b"11223344595" not in sealed
    assert vault.open(sealed, OWNER) == "11223344595"
    with pytest.raises(InvalidTag):
        vault.open(sealed, ANOTHER)


def test_one_value_is_sealed_differently_each_time_and_indexed_equally(vault: Vault) -> None:
    assert vault.seal("11223344595", OWNER) != vault.seal("11223344595", OWNER)
    assert vault.index("snils", "11223344595") == vault.index("snils", "11223344595")
    assert vault.index("snils", "11223344595") != vault.index("identity", "11223344595")


def test_an_index_needs_the_key() -> None:
    first, second = Vault(bytes(32), b"1" * 32), Vault(bytes(32), b"2" * 32)
    assert first.index("snils", "11223344595") != second.index("snils", "11223344595")


def test_tokens_are_random_and_name_their_region() -> None:
    tokens = {bearer.new_token("38") for _ in range(100)}
    assert len(tokens) == 100
    assert {bearer.region_of(token) for token in tokens} == {"38"}
    assert all(len(token) >= 40 for token in tokens)
    assert bearer.fingerprint("38.a") != bearer.fingerprint("38.b")


@pytest.mark.parametrize("text", ["", "!!", "c2hvcnQ="])
def test_a_key_of_another_length_or_alphabet_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"base64|bytes"):
        key(text)
