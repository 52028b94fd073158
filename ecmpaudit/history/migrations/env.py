"""What Alembic runs: the migrations, on the connection and in the transaction of `database.migrate`."""

from alembic import context

from ecmpaudit.history.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite changes a table only by copying it
)
context.run_migrations()
