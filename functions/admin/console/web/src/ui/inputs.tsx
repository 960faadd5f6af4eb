import { InputAdornment } from "@mui/material";
import { SelectInput, TextInput, type TextInputProps, useGetList, useTranslate } from "react-admin";
import { localPart, parseAmount, parseInteger, parsePercent } from "./format";

/** An amount of money. */
export function AmountInput({ currency, ...props }: TextInputProps & { currency?: string }) {
  return (
    <TextInput
      {...props}
      parse={(text: string) => (text === "" ? null : text)}
      format={(value: unknown) => (value === null || value === undefined ? "" : String(value))}
      inputMode="decimal"
      slotProps={{ input: { endAdornment: <InputAdornment position="end">{currency ?? "RUB"}</InputAdornment> } }}
    />
  );
}

/** Amounts as the API wants them, in a copy of a form's values. */
export function withAmounts<T extends Record<string, unknown>>(values: T, names: string[]): T {
  const copy: Record<string, unknown> = { ...values };
  for (const name of names) copy[name] = parseAmount(copy[name] as string | null | undefined);
  return copy as T;
}

/** A whole number. */
export function IntegerInput(props: TextInputProps) {
  return <TextInput {...props} inputMode="numeric" parse={parseInteger} format={(value) => value ?? ""} />;
}

/** A percentage of hundredths of a percent. */
export function PercentInput(props: TextInputProps) {
  return (
    <TextInput
      {...props}
      inputMode="decimal"
      parse={parsePercent}
      format={(value) => (typeof value === "number" ? String(value / 100) : (value ?? ""))}
      slotProps={{ input: { endAdornment: <InputAdornment position="end">%</InputAdornment> } }}
    />
  );
}

/** A local time, without seconds. */
export function LocalTimeInput(props: TextInputProps) {
  return (
    <TextInput
      {...props}
      type="datetime-local"
      parse={(text: string) => (text === "" ? null : text)}
      format={(value: string | null) => localPart(value) ?? ""}
      slotProps={{ inputLabel: { shrink: true } }}
    />
  );
}

/** One of a few words, which are translated under `console.states`. */
export function StateInput({
  of,
  values,
  ...props
}: {
  source: string;
  of: string;
  values: string[];
  alwaysOn?: boolean;
  label?: string;
  helperText?: string | false;
}) {
  const translate = useTranslate();
  const choices = values.map((id) => ({ id, name: translate(`console.states.${of}.${id}`) }));
  return <SelectInput {...props} choices={choices} translateChoice={false} />;
}

/** One of the tariffs. */
export function TariffInput(props: {
  source: string;
  label?: string;
  alwaysOn?: boolean;
  helperText?: string | false;
  required?: boolean;
}) {
  const { data = [] } = useGetList("tariffs", { pagination: { page: 1, perPage: 100 } });
  const choices = data.map(({ id, title }) => ({ id, name: title as string }));
  return <SelectInput {...props} choices={choices} translateChoice={false} />;
}
