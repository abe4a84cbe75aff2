-- SPDX-License-Identifier: MIT
--
-- hello: the smallest program, for measuring start-up.
print("Hello, world")
