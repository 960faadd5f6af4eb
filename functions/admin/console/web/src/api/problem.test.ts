import { expect, test } from "vitest";
import { ApiError, inputName, problemOf } from "./problem";

test("fields of a body are inputs of a form", () => {
  expect(inputName("promocodes[0].promocode")).toBe("promocodes.0.promocode");
  const { body } = new ApiError({
    code: "validation_failed",
    title: "Some fields are invalid.",
    detail: "Correct the fields in `errors`.",
    status: 422,
    errors: [
      { field: "promocodes[1].promocode", detail: "a promo code is 3 to 32 letters and digits" },
      { field: "title", detail: "enter at least one visible character" },
      { field: "title", detail: "a second one" },
    ],
  });
  expect(body.errors).toMatchObject({
    title: "Enter at least one visible character",
    promocodes: { 1: { promocode: "A promo code is 3 to 32 letters and digits" } },
    root: { serverError: expect.stringContaining("Some fields are invalid.") },
  });
});

test("lines of a file are no inputs", () => {
  const errors = [{ line: 3, detail: "no such user" }];
  const problem = { code: "csv_invalid", title: "", detail: "", status: 422, errors };
  expect(new ApiError(problem).body.errors).toBeUndefined();
});

test("an answer that is not from the API still is a problem", async () => {
  const problem = await problemOf(new Response("<html>", { status: 502, statusText: "Bad Gateway" }));
  expect(problem).toMatchObject({ code: "unknown", status: 502, detail: "Bad Gateway" });
});
