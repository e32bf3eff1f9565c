"""Forms as data, the journey through them, drafts, the menu, «Мои заявки», «Мои данные»."""
