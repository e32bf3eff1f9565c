"""The form of an appointment: which doctor, who, when; or the waiting list."""

from schemas.forms import Child, Choice, Consent, Form, Option, Policy, Review, Text, When
from services.doctors import texts

NAME = "appointment"
SELF, CHILD, ANY, WAIT = "self", "child", "any", "wait"

FORM = Form(
    NAME,
    1,
    "Запись к врачу",
    (
        Choice(
            key="speciality",
            prompt=texts.SPECIALITY.ask,
            again=texts.SPECIALITY.again,
            empty=texts.NOTHING,
            search=True,
        ),
        Choice(
            key="who",
            prompt=texts.WHO.ask,
            again=texts.WHO.again,
            options=(Option(SELF, "Для себя"), Option(CHILD, "Для ребёнка")),
        ),
        Consent(
            key="consent",
            prompt="",
            service="appointment",
            subject="self",
            when=When("who", (SELF,)),
        ),
        Consent(
            key="consent_child",
            prompt="",
            service="appointment",
            subject="children",
            when=When("who", (CHILD,)),
        ),
        Child(
            key="patient",
            prompt=texts.PATIENT.ask,
            again=texts.PATIENT.again,
            example=texts.PATIENT.example,
            sensitivity="personal",
        ),
        Policy(
            key="policy",
            prompt=texts.POLICY.ask,
            again=texts.POLICY.again,
            example=texts.POLICY.example,
            sensitivity="personal",
        ),
        Choice(
            key="clinic",
            prompt=texts.CLINIC.ask,
            again=texts.CLINIC.again,
            empty=texts.NOTHING,
            search=True,
        ),
        Choice(key="doctor", prompt=texts.DOCTOR.ask, again=texts.DOCTOR.again, search=True),
        Text(
            key="referral",
            prompt=texts.REFERRAL.ask,
            again=texts.REFERRAL.again,
            example=texts.REFERRAL.example,
            sensitivity="health",
            shortest=3,
            longest=60,
            when=When("needs_referral"),
        ),
        Choice(
            key="wait",
            prompt=texts.WAIT,
            again=texts.WAIT_AGAIN,
            options=(Option(WAIT, "В лист ожидания"),),
            when=When("full"),
        ),
        Choice(
            key="day",
            prompt=texts.DAY.ask,
            again=texts.DAY.again,
            empty=texts.TAKEN,
            when=When("open"),
        ),
        Choice(
            key="time",
            prompt=texts.TIME.ask,
            again=texts.TIME.again,
            empty=texts.TAKEN,
            holds=True,
            when=When("open"),
        ),
        Review(key="review", prompt="", again=texts.REVIEW_AGAIN),
    ),
)
