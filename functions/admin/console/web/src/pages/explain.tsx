import { Alert, Box, Button, Card, TextField, Typography } from "@mui/material";
import { type FormEvent, useEffect, useState } from "react";
import { Title, useGetList, useTranslate } from "react-admin";
import { Link as RouterLink, useLocation } from "react-router-dom";
import type { Schema } from "../api/client";
import { body, client } from "../api/client";
import { config } from "../config";
import { emailOf, findUser } from "../people";
import { Failure } from "../ui/AskDialog";
import { Section } from "../ui/Facts";
import { money, shopInstant } from "../ui/format";
import { type Outcome, Outcomes } from "../ui/Outcomes";
import { Status, User } from "../ui/values";

type Eligibility = Schema<"Eligibility">;

/** What the page is opened with from others: never in the address, where an unlisted code would stay in the history. */
interface Given {
  user_id?: string;
  promocode?: string;
  tariff?: number;
}

/** "Why didn't it pass?": every rule for a user, a code and a tariff, now or at a past time. */
export function Explain() {
  const translate = useTranslate();
  const given = (useLocation().state ?? {}) as Given;
  const { data: tariffs = [] } = useGetList("tariffs", { pagination: { page: 1, perPage: 100 } });
  const [answer, setAnswer] = useState<Eligibility>();
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const [tariff, setTariff] = useState("");
  const first = tariffs[0]?.id;
  useEffect(() => {
    if (tariff === "" && first !== undefined) setTariff(String(given.tariff ?? first));
  }, [first, given.tariff, tariff]);

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "").trim();
    setBusy(true);
    setError(undefined);
    setAnswer(undefined);
    try {
      const user_id = await findUser(text("user"));
      if (user_id === undefined) throw new Error(translate("console.users.nobody"));
      const at = text("at") ? shopInstant(text("at")) : undefined;
      const query = { user_id, promocode: text("promocode"), tariff: Number(tariff), at };
      setAnswer(await body(client().GET("/admin/eligibility", { params: { query } })));
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Box sx={{ maxWidth: 900, mt: 2 }}>
      <Title title={translate("console.explain.title")} />
      <Card sx={{ p: 2, mb: 2 }}>
        <Typography gutterBottom>{translate("console.explain.text")}</Typography>
        <Box
          component="form"
          onSubmit={submit}
          sx={{ display: "grid", gridTemplateColumns: { xs: "1fr", sm: "1fr 1fr" }, columnGap: 2 }}
        >
          <TextField
            name="user"
            label={translate("console.explain.user")}
            defaultValue={given.user_id ? (emailOf(given.user_id) ?? given.user_id) : ""}
            helperText={translate("console.explain.user_help")}
            required
            margin="normal"
            autoFocus
          />
          <TextField
            name="promocode"
            label={translate("console.explain.promocode")}
            defaultValue={given.promocode ?? ""}
            required
            margin="normal"
            autoComplete="off"
          />
          <TextField
            select
            name="tariff"
            label={translate("console.explain.tariff")}
            value={tariff}
            onChange={(event) => setTariff(event.target.value)}
            margin="normal"
            slotProps={{ select: { native: true }, inputLabel: { shrink: true } }}
          >
            {tariffs.map(({ id, title }) => (
              <option key={id} value={id}>
                {title}
              </option>
            ))}
          </TextField>
          <TextField
            name="at"
            type="datetime-local"
            label={translate("console.explain.at")}
            helperText={translate("console.explain.at_help", { zone: config().time_zone })}
            margin="normal"
            slotProps={{ inputLabel: { shrink: true } }}
          />
          <Box sx={{ gridColumn: "1 / -1", mt: 1 }}>
            <Button type="submit" variant="contained" disabled={busy}>
              {translate("console.explain.submit")}
            </Button>
          </Box>
        </Box>
        {error !== undefined && <Failure error={error} />}
      </Card>
      <Box aria-live="polite">{answer && <Answer answer={answer} />}</Box>
    </Box>
  );
}

function Answer({ answer }: { answer: Eligibility }) {
  const translate = useTranslate();
  return (
    <>
      <Section
        title="console.sections.summary"
        action={<Status of="verdict" value={answer.passes ? "passed" : "refused"} />}
      >
        <Typography>{answer.summary}</Typography>
        <Typography sx={{ mt: 1 }} color="text.secondary">
          <User id={answer.user_id} /> · {money(answer.price)}
          {answer.total && ` → ${money(answer.total)}`}
        </Typography>
        {answer.hidden && (
          <Alert severity="info" sx={{ mt: 1 }}>
            {translate("console.explain.hidden")}
          </Alert>
        )}
        {answer.held && (
          <Alert severity="info" sx={{ mt: 1 }}>
            {translate("console.explain.held")}
          </Alert>
        )}
        <Button
          component={RouterLink}
          to="/applications/create"
          state={{ user_id: answer.user_id, promocode: answer.promocode, tariff: answer.tariff }}
          sx={{ mt: 1 }}
        >
          {translate("console.explain.apply")}
        </Button>
      </Section>
      <Section title="console.sections.rules">
        <Outcomes outcomes={answer.outcomes as Outcome[]} />
      </Section>
    </>
  );
}
