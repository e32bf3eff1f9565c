"""Residents: accounts, consents, «Мои заявки», «Мои данные»."""
