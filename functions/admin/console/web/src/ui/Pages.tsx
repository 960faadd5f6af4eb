import PreviousIcon from "@mui/icons-material/NavigateBefore";
import NextIcon from "@mui/icons-material/NavigateNext";
import { Box, IconButton, Typography } from "@mui/material";
import { useListContext, useTranslate } from "react-admin";
import { count } from "./format";

/** The pages of a list. How many there are is known of short lists alone. */
export function Pages() {
  const { page, setPage, total, hasNextPage, hasPreviousPage, data } = useListContext();
  const translate = useTranslate();
  if (!data?.length) return null;
  return (
    <Box
      component="nav"
      aria-label={translate("console.pages.label")}
      sx={{ display: "flex", justifyContent: "flex-end", alignItems: "center", gap: 1, py: 1 }}
    >
      <Typography variant="body2" color="text.secondary">
        {translate("console.pages.page", { page: count(page) })}
        {total !== undefined && ` · ${translate("console.pages.total", { total: count(total) })}`}
      </Typography>
      <IconButton
        onClick={() => setPage(page - 1)}
        disabled={!hasPreviousPage}
        aria-label={translate("ra.navigation.previous")}
      >
        <PreviousIcon />
      </IconButton>
      <IconButton
        onClick={() => setPage(page + 1)}
        disabled={!hasNextPage}
        aria-label={translate("ra.navigation.next")}
      >
        <NextIcon />
      </IconButton>
    </Box>
  );
}
