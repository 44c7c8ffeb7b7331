"""Everything that knows Streamlit: the server, the cache, the state in the address, and the components of the pages."""
