"""What waits for staff: manual tasks, and work that was given up."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from hostkeep.faces.staff.access import role_of, staff_only
from hostkeep.faces.staff.service_words import verb_text
from hostkeep.faces.staff.services import told
from hostkeep.faces.ui.acts import act_of
from hostkeep.faces.ui.pages import show
from hostkeep.faces.ui.telling import told_if_allowed, told_one
from hostkeep.kernel.ids import ActionId
from hostkeep.provisioning.actions.asking import retry_action
from hostkeep.provisioning.actions.tasks import complete_task
from hostkeep.provisioning.errors import BadAccessData
from hostkeep.provisioning.queries import TaskTold, WorkTold, open_tasks, parked_work, task
from hostkeep.provisioning.rules.access import LONGEST_SECRET, Access, access_data
from hostkeep.provisioning.rules.work import Verb
from hostkeep.vault.column_door import Closed

MAKES_ACCESS = frozenset({Verb.CREATE, Verb.RENEW})


class AccessForm(forms.Form):
    """Access data as staff type them."""

    address = forms.CharField(required=False, max_length=253)
    login_name = forms.CharField(required=False, max_length=64)
    secret = forms.CharField(
        required=False,
        max_length=LONGEST_SECRET,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )

    def access(self) -> Access | None:
        """Return the access data, or None where they cannot be right; the form then says which."""
        if not self.is_valid():
            return None
        typed = self.cleaned_data
        try:
            return access_data(address=typed["address"], login=typed["login_name"], secret=typed["secret"])
        except BadAccessData as refusal:
            field = {"login": "login_name"}.get(str(refusal.facts["field"]), str(refusal.facts["field"]))
            self.add_error(field, _wrong(field))
            return None


@require_safe
@staff_only("tasks")
def task_list(request: HttpRequest) -> HttpResponse:
    """List open tasks, oldest first, and work that was given up."""
    act = act_of(request, role=role_of(request), purpose="service")
    waiting, given_up = open_tasks(), parked_work()
    rows: list[Closed[TaskTold | WorkTold]] = [*waiting, *given_up]
    shown = told_if_allowed(act, rows)
    context = {
        "tasks": [(row, verb_text(row.kind)) for row in shown if isinstance(row, TaskTold)],
        "parked": [told(row) for row in shown if isinstance(row, WorkTold)],
    }
    return show(request, "staff/tasks.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@staff_only("tasks")
def task_page(request: HttpRequest, wanted: UUID) -> HttpResponse:
    """Show a task, and close it with the access data it made.  Raises NoSuchTask, TaskClosed."""
    act = act_of(request, role=role_of(request), purpose="service")
    row = told_one(act, task(wanted))
    form = AccessForm(request.POST) if request.method == "POST" else AccessForm()
    access = form.access() if form.is_bound else None
    if access is None:
        status = 422 if form.is_bound else 200
        return show(request, "staff/tasks_one.html", _context(row, form), status=status)
    complete_task(act.of_brand(row.brand), task=row.id, access=access)
    messages.success(request, gettext("The task is done. The access data are sealed."))
    return HttpResponseRedirect("/staff/tasks/")


@require_POST
@staff_only("tasks")
def retry(request: HttpRequest, action: UUID) -> HttpResponse:
    """Try work again that was given up.  Raises NoSuchAction, NotParked, StillBusy."""
    act = act_of(request, role=role_of(request), purpose="service")
    queued = retry_action(act, action=ActionId(action))
    messages.success(request, gettext("It is being tried again."))
    return HttpResponseRedirect(f"/staff/services/{queued.service}/")


def _context(row: TaskTold, form: AccessForm) -> dict[str, object]:
    return {
        "task": row,
        "verb": verb_text(row.kind),
        "form": form,
        "makes_access": row.kind in MAKES_ACCESS,
        "spec": sorted(row.spec.items()),
    }


def _wrong(field: str) -> str:
    """Say what can be right in a field."""
    if field == "address":
        return gettext("Type an IP address or a full host name, such as 192.0.2.7 or web.example.com.")
    if field == "login_name":
        return gettext("Type a technical login name, such as root. No e-mail address, no person's name.")
    return gettext("At most %(most)s characters, without control characters.") % {"most": LONGEST_SECRET}


task_urls = [
    path("tasks/", task_list, name="staff_tasks"),
    path("tasks/<uuid:wanted>/", task_page, name="staff_task"),
    path("tasks/retry/<uuid:action>/", retry, name="staff_retry"),
]
