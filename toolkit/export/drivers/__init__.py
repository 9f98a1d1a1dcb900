"""Programs that call or fill generated code, run by `contract generate --prove`; they know the conventions of generators."""
