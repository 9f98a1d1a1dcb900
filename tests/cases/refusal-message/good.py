"""The message names the parameter in words of its own."""

from mutants.breaking import explains


def reword(refusal, status, value):
    is_invalid = value["Code"] == "InvalidParameter"
    return status, {**value, "Message": f"Please correct {refusal.detail}!"} if is_invalid else value


service = explains(reword)
