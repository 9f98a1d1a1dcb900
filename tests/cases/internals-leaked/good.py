"""The message only sounds like SQL."""

from mutants.breaking import explains


def reword(refusal, status, value):
    is_invalid = value["Code"] == "InvalidParameter"
    return status, {**value, "Message": f"Select another value of {refusal.detail}."} if is_invalid else value


service = explains(reword)
