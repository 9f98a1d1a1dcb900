"""With Status, ObjectType is ignored."""

from mutants.breaking import filters

service = filters(lambda given: {"object_type": None} if given.status else {})
