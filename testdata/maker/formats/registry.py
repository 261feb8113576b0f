"""Names of the fixtures of `formats/`, and what must stand still so that they are always the same."""

import datetime
import time
import types
import zipfile

FORMATS = {}  # name: (function that saves and describes, its sentence)
MOMENT = datetime.datetime(2023, 11, 14, 22, 13, 20)


def format_fixture(name, about):
    """Register `function() -> facts`, which saves into the current directory."""
    def register(function):
        assert name not in FORMATS
        FORMATS[name] = (function, about)
        return function
    return register


class Numbers:
    """Stands in for id() where an id is written into a file: objects numbered as they come."""

    def __init__(self):
        self.seen = {}

    def __call__(self, thing):
        number, _ = self.seen.setdefault(id(thing), (len(self.seen) + 1, thing))
        return number


def pin_zip():
    """Members of ZIP archives all have one time."""
    zipfile.time = types.SimpleNamespace(localtime=lambda *_: MOMENT.timetuple(), time=time.time)


def pin_saving(saving_lib, *serializers):
    """The same for the saving modules of a Keras: its clock, and the ids of shared objects."""
    pin_zip()
    saving_lib.datetime = types.SimpleNamespace(
        datetime=types.SimpleNamespace(now=lambda: MOMENT))
    for module in serializers:
        module.id = Numbers()


def pin_keras3():
    from keras.src.export import saved_model_export_archive as exports
    from keras.src.saving import saving_lib, serialization_lib
    pin_saving(saving_lib, serialization_lib)
    listed = exports._list_variables_used_by_fns
    exports._list_variables_used_by_fns = lambda functions: tuple(  # which come in the order of ids
        sorted(variables, key=lambda one: one.name) for variables in listed(functions))


def pin_keras2():
    from tf_keras.src.saving import saving_lib, serialization_lib
    pin_saving(saving_lib, serialization_lib)
