"""The two ways the venue says no."""


class Refused(Exception):
    """A whole action is not done; the text is the wire's."""


class Rejected(Exception):
    """One order is not accepted: the wire's text and the status its record gets, if it gets one."""

    def __init__(self, text: str, status: str | None = None) -> None:
        super().__init__(text)
        self.status = status
