"""The databases that tests run on answer."""
import sqlalchemy as sa


def test_each_kind_of_database_answers(database_url):
    with sa.create_engine(database_url).connect() as connection:
        assert connection.execute(sa.text("SELECT 1")).scalar() == 1
