import { Box, Button, Typography } from "@mui/material";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type RaRecord, useRecordContext, useResourceContext, useTranslate } from "react-admin";
import { resource as describe } from "../api/resources";
import { send } from "../api/send";
import { Differences } from "./Differences";
import { Section } from "./Facts";
import { Member, Time } from "./values";

interface Version {
  version: number;
  at?: string | null;
  by?: string | null;
  changed?: string[] | null;
  value: Record<string, unknown>;
}

/** How many versions are shown at first. */
const FEW = 3;

/** Every version of an item: who made it, when, and what was changed. */
export function History() {
  const record = useRecordContext<RaRecord>();
  const resource = useResourceContext() ?? "";
  const translate = useTranslate();
  const [all, setAll] = useState(false);
  const path = `${describe(resource).path}/${record?.id}/versions`;
  const { data } = useQuery({
    queryKey: [resource, "versions", record?.id, record?.version],
    queryFn: ({ signal }) => send<{ items: Version[] }>({ path, signal }),
    enabled: record !== undefined,
  });
  const versions = data?.items ?? [];
  const shown = all ? versions : versions.slice(0, FEW);
  return (
    <Section title="console.history.title">
      {shown.map((item, at) => {
        const before = versions[at + 1];
        return (
          <Box key={item.version} sx={{ mb: 2 }}>
            <Typography variant="body2" component="h3" sx={{ fontWeight: 600 }}>
              {translate("console.history.version", { version: item.version })}
              {item.at && (
                <>
                  {" · "}
                  <Time value={item.at} />
                </>
              )}
              {item.by && (
                <>
                  {" · "}
                  <Member id={item.by} />
                </>
              )}
            </Typography>
            {before ? (
              <Differences resource={resource} before={before.value} after={item.value} />
            ) : (
              <Typography variant="body2" color="text.secondary">
                {translate("console.history.first")}
              </Typography>
            )}
          </Box>
        );
      })}
      {versions.length > FEW && !all && (
        <Button onClick={() => setAll(true)}>{translate("console.history.all", { count: versions.length })}</Button>
      )}
    </Section>
  );
}
