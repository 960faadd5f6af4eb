import { Box, Card, Typography } from "@mui/material";
import type { ReactNode } from "react";
import { useTranslate } from "react-admin";

/** Labels and what they stand for. What is empty is left out. */
export function Facts({ items }: { items: [label: string, value: ReactNode][] }) {
  const translate = useTranslate();
  const present = items.filter(([, value]) => value !== null && value !== undefined && value !== "" && value !== false);
  return (
    <Box
      component="dl"
      sx={{
        m: 0,
        display: "grid",
        gridTemplateColumns: { xs: "1fr", sm: "minmax(140px, 30%) 1fr" },
        columnGap: 2,
        rowGap: { xs: 0, sm: 1 },
      }}
    >
      {present.map(([label, value]) => (
        <Box key={label} sx={{ display: "contents" }}>
          <Box component="dt" sx={{ color: "text.secondary", fontSize: "0.875rem", mt: { xs: 1, sm: 0 } }}>
            {translate(label)}
          </Box>
          <Box component="dd" sx={{ m: 0, minWidth: 0, overflowWrap: "anywhere" }}>
            {value}
          </Box>
        </Box>
      ))}
    </Box>
  );
}

/** A part of a page. */
export function Section({ title, children, action }: { title: string; children: ReactNode; action?: ReactNode }) {
  const translate = useTranslate();
  return (
    <Card component="section" sx={{ p: 2, mb: 2 }}>
      <Box
        sx={{ display: "flex", justifyContent: "space-between", alignItems: "start", gap: 1, mb: 1, flexWrap: "wrap" }}
      >
        <Typography variant="h6" component="h2">
          {translate(title)}
        </Typography>
        {action}
      </Box>
      {children}
    </Card>
  );
}
