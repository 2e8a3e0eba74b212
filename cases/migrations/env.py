"""How alembic reaches the database: with the engine it is handed, in one transaction."""

from alembic import context
from sqlmodel import SQLModel

import cases.models  # noqa: F401  (fills the metadata)

engine = context.config.attributes["engine"]
with engine.connect().execution_options(writes=True) as connection, connection.begin():
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
    )
    context.run_migrations()
