"""Every form of the gateway, and what each reads and does."""

from services.appeals.emergency import card, emergency
from services.appeals.form import APPEAL_DIALOGUE
from services.appeals.sending import send_appeal
from services.clubs import form as clubs
from services.clubs.dialogue import ENROLMENT_DIALOGUE
from services.clubs.sending import load_clubs, send_enrolment
from services.dialogs.menu import MENU_DIALOGUE
from services.dialogs.step import Dialogues
from services.dialogs.talk import MENU
from services.doctors import form as doctors
from services.doctors import reminding
from services.doctors.dialogue import APPOINTMENT_DIALOGUE
from services.doctors.sending import hold_choice, load_plan, send_appointment
from services.files import shelf
from services.inbox.carrying import Errands
from services.residents import case_acts, case_form, case_view, my_data


def alarm(words: str) -> str | None:
    """Return the card for words of an emergency, or None."""
    found = emergency(words)
    return None if found is None else card(found.service)


DIALOGUES = Dialogues(
    forms={
        MENU: MENU_DIALOGUE,
        "appeal": APPEAL_DIALOGUE,
        clubs.NAME: ENROLMENT_DIALOGUE,
        doctors.NAME: APPOINTMENT_DIALOGUE,
        reminding.NAME: reminding.REMINDERS_DIALOGUE,
        case_form.NAME: case_view.CASES_DIALOGUE,
        my_data.NAME: my_data.DATA_DIALOGUE,
    },
    services={
        "appeal": "appeal",
        "club": clubs.NAME,
        "doctor": doctors.NAME,
        "cases": case_form.NAME,
        "data": my_data.NAME,
    },
    emergency=alarm,
)
ERRANDS = Errands(
    load={
        case_form.NAME: case_view.load_cases,
        case_view.TIMES: case_view.load_times,
        my_data.NAME: my_data.load_data,
        shelf.NAME: shelf.load_shelf,
        clubs.NAME: load_clubs,
        doctors.NAME: load_plan,
    },
    finish={
        "appeal": send_appeal,
        clubs.NAME: send_enrolment,
        doctors.NAME: send_appointment,
        case_form.NAME: case_acts.act,
        my_data.NAME: my_data.act,
    },
    hold={doctors.NAME: hold_choice},
)
PUBLIC = {"appeal": APPEAL_DIALOGUE.form, clubs.NAME: clubs.FORM, doctors.NAME: doctors.FORM}
