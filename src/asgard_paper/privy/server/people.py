"""Users, and the app they are users of."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from asgard_paper.privy import shapes
from asgard_paper.privy.app_object import app_object
from asgard_paper.privy.refusals import not_found
from asgard_paper.privy.server.gate import DONE, Gate, Visit, page


class PeopleApi:
    """The routes below /users and /apps."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._engine = gate.engine
        self._users = gate.engine.users

    def routes(self) -> list[Route]:
        """Fixed paths before those with parameters."""
        route = self._gate.route
        return [
            route("POST", "/users", self.create),
            route("GET", "/users", self.list),
            route("POST", "/users/email/address", self.by_email),
            route("POST", "/users/search", self.search),
            route("GET", "/users/{id}", self.get),
            route("DELETE", "/users/{id}", self.delete),
            route("POST", "/users/{id}/custom_metadata", self.set_metadata),
            Route("/apps/{app_id}/jwks.json", self.jwks, methods=["GET"]),
            route("GET", "/apps/{app_id}", self.app),
        ]

    def create(self, visit: Visit) -> object:
        """Import a user."""
        return shapes.user(self._users.create(visit.fields))

    def list(self, visit: Visit) -> object:
        """A page of users."""
        users, cursor = page(self._users.all(), visit, lambda user: user.id)
        return {"data": [shapes.user(user) for user in users], "next_cursor": cursor}

    def by_email(self, visit: Visit) -> object:
        """The user with an e-mail address."""
        user = self._users.by_email(visit.fields.text("address"))
        if user is None:
            raise not_found("User")
        return shapes.user(user)

    def search(self, visit: Visit) -> object:
        """The first user that contains a term or has one of the e-mail addresses."""
        fields = visit.fields
        if fields.has("searchTerm"):
            found = self._users.matching(fields.text("searchTerm"))
        else:
            known = [self._users.by_email(text) for text in fields.texts("emails", most=100)]
            found = [user for user in known if user is not None]
        if not found:
            raise not_found("User")
        return shapes.user(found[0])

    def get(self, visit: Visit) -> object:
        """One user."""
        return shapes.user(self._users.require(visit.ids["id"]))

    def delete(self, visit: Visit) -> object:
        """Forget a user and end the user's sessions."""
        self._users.remove(visit.ids["id"])
        self._engine.identity.forget(visit.ids["id"])
        return DONE

    def set_metadata(self, visit: Visit) -> object:
        """Replace a user's custom metadata."""
        return shapes.user(self._users.set_metadata(visit.ids["id"], visit.fields))

    def app(self, visit: Visit) -> object:
        """The app object with the verification key."""
        self._check_app(visit.ids["app_id"])
        return app_object(self._engine.app_id, self._engine.tokens.verification_key)

    async def jwks(self, request: Request) -> Response:
        """The key set that verifies access tokens; public."""
        self._check_app(request.path_params["app_id"])
        return JSONResponse(self._engine.tokens.jwks())

    def _check_app(self, app_id: str) -> None:
        if app_id != self._engine.app_id:
            raise not_found("App")
