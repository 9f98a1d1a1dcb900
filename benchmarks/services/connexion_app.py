"""Pets, as a Connexion application after its own example: the contract comes first, each operation names its function."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import connexion

PETS: dict[str, dict[str, Any]] = {}


def get_pets(limit: int, animal_type: str | None = None) -> dict[str, Any]:
    found = [pet for pet in PETS.values() if not animal_type or pet["animal_type"] == animal_type]
    return {"pets": found[:limit]}


def get_pet(pet_id: str) -> Any:
    return PETS.get(pet_id) or ("Not found", 404)


def put_pet(pet_id: str, body: dict[str, Any]) -> Any:
    exists = pet_id in PETS
    created = PETS[pet_id]["created"] if exists else datetime.now(UTC).isoformat()
    PETS[pet_id] = {**body, "id": pet_id, "created": created}
    return connexion.NoContent, (200 if exists else 201)


def delete_pet(pet_id: str) -> Any:
    return (connexion.NoContent, 204) if PETS.pop(pet_id, None) else (connexion.NoContent, 404)


app = connexion.FlaskApp(__name__, specification_dir=Path(__file__).parent)
app.add_api("connexion_pets.yaml")

if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(sys.argv[1]))
