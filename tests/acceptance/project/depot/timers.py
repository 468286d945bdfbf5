"""`app.control.broadcast("timers")`: how many timers a worker keeps, those that were cancelled included."""

from celery.worker.control import inspect_command


@inspect_command()
def timers(state):
    return len(state.consumer.timer)
