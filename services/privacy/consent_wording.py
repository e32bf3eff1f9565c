"""What every consent document says of its operator, and of the ways to take it back."""


def operator_words(
    operator: str, address: str = "", phone: str = "", email: str = "", *, by_letter: bool = True
) -> dict[str, str]:
    """Return `operator`, `address`, `contacts` and `ways` to be filled into a document's text.

    What is empty is left out. Without `by_letter` a letter is not named among the ways.
    """
    contacts = [f"телефон {phone}"] * bool(phone) + [f"почта {email}"] * bool(email)
    ways = [f"письмом по адресу: {address}"] * bool(address and by_letter)
    ways += [f"письмом на {email}"] * bool(email) + [f"по телефону {phone}"] * bool(phone)
    return {
        "operator": operator,
        "address": f", {address}" if address else "",
        "contacts": "".join(f", {contact}" for contact in contacts),
        "ways": f"; {', '.join(ways)}" if ways else "",
    }
