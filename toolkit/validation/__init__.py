"""An exchange and a contract give a verdict; millions of exchanges do too (batch, dask)."""
