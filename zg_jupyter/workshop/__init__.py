"""Classes of students: one capped key for each, at the hosted router or at a class gateway.

::

    from getpass import getpass
    from zg_jupyter import workshop

    workshop.hold("https://router-api.0g.ai/v1", getpass("Management key: "))
    course = workshop.Class.new("phys101", "roster.csv", limit="0.5", total="15", expires="30d")
    print(course.worst_case())
    course.mint()
    course.sheet("handouts")
    course.table()
"""

from zg_jupyter.workshop.classroom import Class
from zg_jupyter.workshop.issuer import hold
from zg_jupyter.workshop.joining import join

__all__ = ["Class", "hold", "join"]
